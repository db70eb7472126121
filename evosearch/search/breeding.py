"""Breeds candidates: a parent is mutated until its function changes, and the child is judged.

Every candidate draws from a generator of its own, keyed by the run's seed and its number, so it
depends on the population and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from evosearch.graph.digest import digest
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.graph.structure import Structure, structure
from evosearch.language.program import Program
from evosearch.scoring.evaluation import Entrant
from evosearch.scoring.setting import Setting
from evosearch.screening.family import Family
from evosearch.search.candidate import (
    DUPLICATE,
    REJECTED,
    RETUNED,
    TRAINED,
    Candidate,
)
from evosearch.search.catalogue import Catalogue
from evosearch.search.config import SearchConfig
from evosearch.search.funnel import by_lot
from evosearch.search.genotype import Genotype, inherited
from evosearch.search.mutations import mutate
from evosearch.search.population import Population
from evosearch.search.space import SearchSpace
from proxies.keys import generator

_MOST_MUTATIONS = 50
"""After so many neutral edits in a row, the child is taken as it is."""


@dataclass(frozen=True, slots=True)
class _Child:
    """Holds a program, how it was made, its canonical form, and the settings to start from."""

    program: Program
    mutations: tuple[str, ...]
    graph: Graph
    digest: str
    structure: Structure
    starts: dict[str, Setting]


class Breeder:
    """Breeds candidates one after the other and numbers them from 0."""

    def __init__(self, config: SearchConfig, catalogue: Catalogue) -> None:
        self._config, self._catalogue = config, catalogue
        self._space = SearchSpace(config.primitives, config.longest, config.mutations)
        self.next_id = 0
        """The number of the next candidate."""

    def first(self, program: Program) -> Candidate:
        """Makes a candidate of a start rule itself, in block 0."""
        return self._judge(_made(program, ()), 0, None)

    def next(self, population: Population, block: int) -> Candidate:
        """Breeds a candidate from a parent that the population chooses."""
        draw = generator("candidate", self._config.seed, self.next_id)
        parent = population.choose_parent(
            draw, lambda individual: self._catalogue.fitness(individual.representative)
        )
        genotype = self._catalogue.genotype(parent.representative) or Genotype(parent.program)
        return self._judge(self._child(genotype, draw), block, parent.id)

    def again(self, representative: int, block: int, by_lot: bool) -> Candidate:
        """Makes a candidate of a class that is to be tuned in a further round, perhaps by lot."""
        child = _made(self._catalogue.program(representative), ())
        facts, _ = self._catalogue.look_up(
            child.graph, child.digest, child.structure, child.program, representative
        )
        entrant = Entrant(
            family=self._catalogue.family(representative),
            key=(self._config.seed, representative),
            round=self._catalogue.rounds(representative),
            starts=self._catalogue.starts(representative),
            by_lot=by_lot,
        )
        return Candidate(
            id=self._number(),
            block=block,
            parent=representative,
            mutations=(),
            program=child.program,
            facts=facts,
            structure=child.structure.digest,
            outcome=RETUNED,
            representative=representative,
            entrant=entrant,
        )

    def _child(self, parent: Genotype, draw: np.random.Generator) -> _Child:
        """Mutates until the rule changes; neutral edits on the way are kept."""
        before = _key_of(parent.program, self._config.tunes_constants)
        program, names = parent.program, list[str]()
        for _ in range(_MOST_MUTATIONS):
            mutated = mutate(program, draw, self._space)
            if mutated is None:
                break
            program, name = mutated
            names.append(name)
            if _key_of(program, self._config.tunes_constants) != before:
                break
        child = _made(program, tuple(names))
        return replace(child, starts=inherited(child.structure, program, parent))

    def _judge(self, child: _Child, block: int, parent: int | None) -> Candidate:
        """Numbers a child and decides what becomes of it: trained, answered or rejected."""
        number = self._number()
        facts, representative = self._catalogue.look_up(
            child.graph, child.digest, child.structure, child.program, number
        )
        entrant = None
        if facts.gate:
            outcome, representative = REJECTED, number
        elif representative == number:
            outcome = TRAINED
            tuned = self._config.tunes_constants
            family = Family(child.structure.named if tuned else child.graph)
            lot = by_lot(self._config.seed, number)
            self._catalogue.enter(number, child.program, child.structure, lot)
            starts = {t: (s,) for t, s in child.starts.items()}
            entrant = Entrant(family, (self._config.seed, number), starts=starts, by_lot=lot)
        else:
            outcome = DUPLICATE
            self._catalogue.add_starts(representative, child.structure, child.starts)
        return Candidate(
            id=number,
            block=block,
            parent=parent,
            mutations=child.mutations,
            program=child.program,
            facts=facts,
            structure=child.structure.digest,
            outcome=outcome,
            representative=representative,
            entrant=entrant,
        )

    def _number(self) -> int:
        self.next_id += 1
        return self.next_id - 1


@lru_cache(maxsize=4096)
def _key_of(program: Program, tunes_constants: bool) -> str:
    """Gives that in which a child must differ from its parent."""
    return _structure(program).digest if tunes_constants else digest(lower(program, bind=True))


@lru_cache(maxsize=4096)
def _structure(program: Program) -> Structure:
    """Gives the structure of a program, of which mutation and judgement both ask."""
    return structure(program)


def _made(program: Program, mutations: tuple[str, ...]) -> _Child:
    graph = lower(program, bind=True)
    return _Child(program, mutations, graph, digest(graph), _structure(program), {})
