"""Breeds candidates: a parent is mutated until its function changes, and the child is judged.

Every candidate draws from a generator of its own, keyed by the run's seed and its number, so it
depends on the population and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evosearch.graph.digest import digest
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.scoring.yardstick import SEEDS
from evosearch.screening.contender import Contender, plan
from evosearch.search.candidate import (
    DUPLICATE,
    REJECTED,
    REMEASURED,
    TRAINED,
    Candidate,
    Individual,
)
from evosearch.search.catalogue import Catalogue
from evosearch.search.config import SearchConfig
from evosearch.search.mutations import mutate
from evosearch.search.population import Population
from evosearch.search.space import SearchSpace
from proxies.keys import generator

_MOST_MUTATIONS = 50
"""After so many neutral edits in a row, the child is taken as it is."""


@dataclass(frozen=True, slots=True)
class _Child:
    """Holds a program, how it was made, and its canonical form."""

    program: Program
    mutations: tuple[str, ...]
    graph: Graph
    digest: str


class Breeder:
    """Breeds candidates one after the other and numbers them from 0."""

    def __init__(self, config: SearchConfig, catalogue: Catalogue) -> None:
        self._config, self._catalogue = config, catalogue
        self._space = SearchSpace(config.primitives, config.longest)
        self._next_id = 0

    def first(self, founder: Individual) -> Candidate:
        """Makes a candidate of the founder itself, in block 0."""
        graph = lower(founder.program, bind=True)
        return self._judge(_Child(founder.program, (), graph, founder.digest), 0, None)

    def next(self, population: Population, block: int) -> Candidate:
        """Breeds a candidate from a parent that the population chooses."""
        draw = generator("candidate", self._config.seed, self._next_id)
        parent = population.choose_parent(
            draw, lambda individual: self._catalogue.fitness(individual.representative)
        )
        return self._judge(self._child(parent, draw), block, parent.id)

    def _child(self, parent: Individual, draw: np.random.Generator) -> _Child:
        """Mutates until the canonical form changes; neutral edits on the way are kept."""
        program, names = parent.program, []
        for _ in range(_MOST_MUTATIONS):
            program, name = mutate(program, draw, self._space)
            names.append(name)
            graph = lower(program, bind=True)
            key = digest(graph)
            if key != parent.digest:
                break
        return _Child(program, tuple(names), graph, key)

    def _judge(self, child: _Child, block: int, parent: int | None) -> Candidate:
        """Numbers a child and decides what becomes of it: trained, answered or rejected."""
        number = self._next_id
        self._next_id += 1
        facts, representative = self._catalogue.look_up(child.graph, child.digest, number)
        seeds: tuple[int, ...] = ()
        if facts.gate:
            outcome, representative = REJECTED, number
        elif representative == number:
            outcome, seeds = TRAINED, tuple(range(self._config.seeds))
        else:
            seeds = self._seeds_to_remeasure(self._catalogue.count_hit(representative))
            outcome = REMEASURED if seeds else DUPLICATE
        return Candidate(
            id=number,
            block=block,
            parent=parent,
            mutations=child.mutations,
            program=child.program,
            facts=facts,
            outcome=outcome,
            representative=representative,
            contender=Contender(plan(child.graph), facts.update_size) if seeds else None,
            seeds=seeds,
        )

    def _seeds_to_remeasure(self, hits: int) -> tuple[int, ...]:
        """Gives the seeds of a class's next training if it is due after so many hits.

        There are as many trainings as the yardstick has seeds for, since scores are paired.
        """
        every, size = self._config.remeasure_after, self._config.seeds
        if not every or hits % every:
            return ()
        start = hits // every * size
        return tuple(range(start, start + size)) if start + size <= SEEDS else ()
