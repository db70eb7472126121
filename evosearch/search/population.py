"""Decides who breeds and who lives, by regularized (aging) evolution (arXiv 1802.01548)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from evosearch.search.candidate import Individual

Fitness = Callable[[Individual], float]


class Population:
    """Keeps individuals by age: a newborn pushes out the oldest; at first all are founders."""

    def __init__(self, founders: Sequence[Individual], size: int, tournament: int) -> None:
        self._tournament = tournament
        self._alive: deque[Individual] = deque(maxlen=size)
        self.restart(founders)

    def restart(self, founders: Sequence[Individual]) -> None:
        """Puts founders in the place of everybody, as many of each."""
        self._alive.extend(islice(cycle(founders), self._alive.maxlen))

    def add(self, individual: Individual) -> None:
        """Lets a newborn in; the oldest dies."""
        self._alive.append(individual)

    def choose_parent(self, draw: np.random.Generator, fitness: Fitness) -> Individual:
        """Holds a tournament: the fittest of a random few, the first drawn among equals.

        Of equally fit ones the one with fewer statements is the fitter.
        """
        entrants = draw.integers(len(self._alive), size=self._tournament)
        return max(
            (self._alive[entrant] for entrant in entrants),
            key=lambda one: (fitness(one), -one.size),
        )

    def best(self, fitness: Fitness) -> Individual:
        """Gives the fittest of all, of equals the one with fewer statements, then the oldest."""
        return max(self._alive, key=lambda one: (fitness(one), -one.size))


@dataclass
class Plateau:
    """Counts trainings since the last one that made a class better than all before."""

    patience: int
    """The trainings without a better class after which evolution starts anew."""
    best: float = -np.inf
    since_best: int = 0

    def note(self, fitness: float) -> None:
        """Counts a training, after which its class has this fitness."""
        self.since_best += 1
        if fitness > self.best:
            self.best, self.since_best = fitness, 0

    @property
    def reached(self) -> bool:
        """Tells whether it is time to start anew."""
        return self.since_best >= self.patience

    def restart(self, fitness: float) -> None:
        """Counts anew from a population that has this fitness."""
        self.best, self.since_best = fitness, 0
