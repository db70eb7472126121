"""Evolves in blocks, by regularized evolution.

Each block is bred from the population, trained, and committed to it. A block depends on the
population alone, so a search is the same however long its trainings take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evosearch.language.program import Program
from evosearch.scoring.evaluation import Result, RungLimits
from evosearch.search.breeding import Breeder
from evosearch.search.candidate import REJECTED, TRAINED, Candidate, Individual
from evosearch.search.catalogue import Catalogue
from evosearch.search.config import SearchConfig
from evosearch.search.population import Plateau, Population
from evosearch.search.rung_limits import RecentRungs
from evosearch.search.space import prepare

_MOST_BRED_PER_PLACE = 200
_PROMOTIONS = 4
"""At most one of so many places goes to a class that was tuned before."""


class Evolution:
    """Holds the state of a search between blocks."""

    def __init__(self, config: SearchConfig, start: Program) -> None:
        self._founder = Individual(0, prepare(start, config.spare_slots), 0)
        self._most_bred = _MOST_BRED_PER_PLACE * config.block
        self._most_promoted = max(1, config.block // _PROMOTIONS)
        self._busy: set[int] = set()
        """The classes that are in training."""
        self._spent = self._bred_spent = self._bred_tuned = 0
        """The replica-steps of what was committed; those of what was bred, and how many it were."""
        self._population = Population(self._founder, config.population, config.tournament)
        self._catalogue = Catalogue(config.tunes_constants, config.spare_slots)
        self._breeder = Breeder(config, self._catalogue)
        self._rungs = RecentRungs(config.tasks, config.rung_quantile)
        self._plateau = Plateau(config.restart_after)

    def breed(self, block: int, places: int) -> list[Candidate]:
        """Breeds candidates, in order of their ids, of which at most `places` are to be trained.

        A few places go to classes that have earned a further round of tuning. Breeding ends when
        the places are taken, or after many that were duplicates or rejected. Block 0 is the start
        rule alone.
        """
        if block == 0:
            bred = [self._breeder.first(self._founder)]
        else:
            promoted = self._catalogue.promoted(self._busy)[: min(self._most_promoted, places)]
            bred = [self._breeder.again(representative, block) for representative in promoted]
            places -= len(bred)
            while places and len(bred) < self._most_bred:
                candidate = self._breeder.next(self._population, block)
                places -= candidate.entrant is not None
                bred.append(candidate)
        self._busy |= {one.representative for one in bred if one.entrant}
        return bred

    @property
    def expected_spending(self) -> float:
        """Counts the replica-steps of what was committed and, at its mean, of what is in training.

        The start rule, which always is tuned to the end, has no part in the mean.
        """
        return self._spent + len(self._busy) * self._bred_spent / max(1, self._bred_tuned)

    def commit(self, candidates: Sequence[Candidate], results: Mapping[int, Result]) -> list[float]:
        """Takes a block into the population; `results` are those of its trained candidates, by id.

        Every valid candidate enters and the oldest individual leaves; on a plateau, evolution
        starts anew. Gives the fitness of each candidate: what its own tuning gave, for a
        duplicate that of its class, and minus infinity where it was rejected.
        """
        for candidate in candidates:
            if candidate.entrant is not None:
                self._record(candidate, results[candidate.id])
        fitness = [self._enter(candidate, results.get(candidate.id)) for candidate in candidates]
        if self._plateau.reached:
            self._population.restart()
            self._plateau.restart(self._catalogue.fitness(self._founder.representative))
        return fitness

    def rung_limits(self) -> RungLimits:
        """Gives the limits for the next block's new candidates, by those committed so far."""
        return self._rungs.limits()

    def _record(self, candidate: Candidate, result: Result) -> None:
        representative = candidate.representative
        self._busy.discard(representative)
        self._spent += result.spent
        if candidate.id != self._founder.id:
            self._bred_spent += result.spent
            self._bred_tuned += 1
        self._catalogue.record(representative, result)
        if candidate.outcome == TRAINED:
            # A good rule that starts from its best settings would be too high a limit for new ones.
            self._rungs.record({task: tuned.rungs for task, tuned in result.tuned.items()})
        self._plateau.note(self._catalogue.fitness(representative))

    def _enter(self, candidate: Candidate, result: Result | None) -> float:
        """Lets a valid candidate into the population; gives its fitness."""
        if candidate.outcome == REJECTED:
            return -np.inf
        self._population.add(Individual(candidate.id, candidate.program, candidate.representative))
        if result is None:
            return self._catalogue.fitness(candidate.representative)
        return result.fitness
