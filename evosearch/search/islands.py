"""Holds the populations of a search, each with a stream of blocks of its own.

Block b is bred from population b modulo their number, and its members are born there. Now and then
the best of each population is born into the next one too, in a ring, as in PySR (Cranmer, arXiv
2305.01582). A population that comes to no better rule for long starts anew: from the start rules,
the next time from the best rule of the search, and so on in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evosearch.language.parser import parse
from evosearch.search.candidate import Individual
from evosearch.search.config import SearchConfig
from evosearch.search.memory import Memory
from evosearch.search.population import Plateau, Population
from evosearch.search.records import finite


@dataclass
class _Island:
    population: Population
    plateau: Plateau
    founders: list[int]
    """The candidates that it started from."""
    restarts: int = 0


class Islands:
    """Keeps the populations in memory and, as they change, in the run's database.

    `fitness` gives a class's, by its representative.
    """

    def __init__(
        self,
        config: SearchConfig,
        start: Sequence[Individual],
        memory: Memory,
        fitness: Callable[[int], float],
    ) -> None:
        self._config, self._memory = config, memory
        self._start = list(start)
        self._fitness_of = fitness
        numbers = [one.id for one in start]
        self._islands = [
            _Island(
                Population(start, config.population, config.tournament),
                Plateau(config.restart_after),
                numbers,
            )
            for _ in range(config.populations)
        ]

    def of(self, block: int) -> Population:
        """Gives the population from which a block is bred."""
        return self._island(block).population

    def fitness(self, individual: Individual) -> float:
        """Gives the fitness of an individual's class."""
        return self._fitness_of(individual.representative)

    def born(self, block: int, individual: Individual) -> None:
        """Lets a member of a committed block in."""
        self._let_in(block % len(self._islands), individual)

    def note(self, block: int, fitness: float) -> None:
        """Counts a tuning of a block, after which its class has this fitness."""
        self._island(block).plateau.note(fitness)

    def end_of(self, block: int) -> None:
        """Starts the population of a committed block anew if it is time, and lets others travel."""
        place = block % len(self._islands)
        if self._islands[place].plateau.reached:
            self._restart(place)
        count, pause = len(self._islands), self._config.migrate_after
        if count > 1 and (block + 1) % pause == 0:
            travellers = [one.population.best(self.fitness) for one in self._islands]
            for home, traveller in enumerate(travellers):
                self._let_in((home + 1) % count, traveller)

    def state(self) -> list[dict[str, Any]]:
        """Gives what `restore` needs beside the tables."""
        return [
            {
                "best": finite(one.plateau.best),
                "since_best": one.plateau.since_best,
                "founders": one.founders,
                "restarts": one.restarts,
            }
            for one in self._islands
        ]

    def restore(self, state: Sequence[dict[str, Any]]) -> None:
        """Takes up what `state` gave, and who is alive."""
        for place, (island, known) in enumerate(zip(self._islands, state, strict=True)):
            best = known["best"]
            island.plateau.best = -np.inf if best is None else best
            island.plateau.since_best = known["since_best"]
            island.restarts, island.founders = known["restarts"], known["founders"]
            island.population.restart([self._founder(number) for number in island.founders])
            for number, text, representative, size in self._memory.alive(place):
                island.population.add(self._individual(number, text, representative, size))

    def _island(self, block: int) -> _Island:
        return self._islands[block % len(self._islands)]

    def _let_in(self, place: int, individual: Individual) -> None:
        self._islands[place].population.add(individual)
        self._memory.born(individual.id, place, self._config.population)

    def _restart(self, place: int) -> None:
        island = self._islands[place]
        best = self._memory.best_class() if island.restarts % 2 else None
        island.founders = [one.id for one in self._start] if best is None else [best]
        island.restarts += 1
        founders = [self._founder(number) for number in island.founders]
        island.population.restart(founders)
        self._memory.extinct(place)
        island.plateau.restart(max(map(self.fitness, founders)))

    def _founder(self, number: int) -> Individual:
        known = next((one for one in self._start if one.id == number), None)
        return known or self._individual(*self._memory.candidate(number))

    def _individual(self, number: int, text: str, representative: int, size: int) -> Individual:
        program = parse(text, table=self._config.additions.table)
        return Individual(number, program, representative, size)
