"""Evolves in blocks, by regularized evolution.

Each block is bred from the population, trained, and committed to it. A block depends on the
population alone, so a search is the same however long its trainings take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.scoring.evaluation import Result, RungLimits
from evosearch.search.breeding import Breeder
from evosearch.search.candidate import REJECTED, Candidate, Individual
from evosearch.search.catalogue import Catalogue
from evosearch.search.config import SearchConfig
from evosearch.search.population import Plateau, Population
from evosearch.search.rung_limits import RecentRungs
from evosearch.search.space import prepare

_MOST_BRED_PER_PLACE = 200


class Evolution:
    """Holds the state of a search between blocks."""

    def __init__(self, config: SearchConfig, start: Program) -> None:
        program = prepare(start, config.spare_slots)
        self._founder = Individual(0, program, digest(lower(program, bind=True)), 0)
        self._most_bred = _MOST_BRED_PER_PLACE * config.block
        self._population = Population(self._founder, config.population, config.tournament)
        self._catalogue = Catalogue()
        self._breeder = Breeder(config, self._catalogue)
        self._rungs = RecentRungs(config.tasks, config.rung_quantile)
        self._plateau = Plateau(config.restart_after)

    def breed(self, block: int, places: int) -> list[Candidate]:
        """Breeds candidates, in order of their ids, of which at most `places` are to be trained.

        Breeding ends when there are that many, or after many that were duplicates or rejected.
        Block 0 is the start rule alone.
        """
        if block == 0:
            return [self._breeder.first(self._founder)]
        bred: list[Candidate] = []
        while places and len(bred) < self._most_bred:
            candidate = self._breeder.next(self._population, block)
            places -= candidate.contender is not None
            bred.append(candidate)
        return bred

    def commit(self, candidates: Sequence[Candidate], results: Mapping[int, Result]) -> list[float]:
        """Takes a block into the population; `results` are those of its trained candidates, by id.

        Every valid candidate enters and the oldest individual leaves; on a plateau, evolution
        starts anew. Gives the fitness of each candidate: what its own training gave, for a
        duplicate the mean of its class, and minus infinity where it was rejected.
        """
        for candidate in candidates:
            if candidate.contender is not None:
                self._record(candidate.representative, results[candidate.id])
        fitness = [self._enter(candidate, results.get(candidate.id)) for candidate in candidates]
        if self._plateau.reached:
            self._population.restart()
            self._plateau.restart(self._catalogue.fitness(self._founder.representative))
        return fitness

    def rung_limits(self) -> RungLimits:
        """Gives the limits for the next block's new candidates, by those committed so far."""
        return self._rungs.limits()

    def _record(self, representative: int, result: Result) -> None:
        self._catalogue.record(representative, result.fitness)
        self._rungs.record(result.rungs)
        self._plateau.note(self._catalogue.fitness(representative))

    def _enter(self, candidate: Candidate, result: Result | None) -> float:
        """Lets a valid candidate into the population; gives its fitness."""
        if candidate.outcome == REJECTED:
            return -np.inf
        self._population.add(
            Individual(
                candidate.id,
                candidate.program,
                candidate.facts.digest,
                candidate.representative,
            )
        )
        if result is None:
            return self._catalogue.fitness(candidate.representative)
        return result.fitness
