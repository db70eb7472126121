"""Tunes the learning rate of rules on a task: the same procedure for candidates and baselines.

Rates are relative to the rule's update size on the probe, so a grid suits rules of any scale. A
sweep starts from a few rates around the task's; where the best one lies at an edge, the grid
grows on that side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evosearch.planning import Contender
from proxies import Replica, Task, train

GRID = (0.5, 1.0, 2.0, 4.0)
"""Factors on the task's own rate with which a sweep starts: AdamW's best lies inside."""
_GROWTH = 2.0
_LARGEST_COHORT = 48
"""Replicas; the time per replica falls little beyond, and memory grows."""


@dataclass(frozen=True, slots=True)
class Training:
    """A training to carry out; the rate is relative to the update size."""

    contender: Contender
    rate: float
    seed: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One training run: the held-out loss at the end, infinite where it diverged."""

    task: str
    steps: int
    seed: int
    rate: float
    """The peak learning rate relative to the update size."""
    loss: float


@dataclass(frozen=True, slots=True)
class Sweep:
    """All runs of one rule on one task, over rates and seeds."""

    evaluations: tuple[Evaluation, ...]

    def mean_loss(self, rate: float) -> float:
        return float(np.mean([e.loss for e in self.evaluations if e.rate == rate]))

    @property
    def rates(self) -> list[float]:
        return sorted({e.rate for e in self.evaluations})

    @property
    def best_rate(self) -> float:
        """The rate with the lowest loss, averaged over seeds."""
        return min(self.rates, key=self.mean_loss)

    @property
    def best_loss(self) -> float:
        return self.mean_loss(self.best_rate)

    def best_losses(self) -> dict[int, float]:
        """Seed to loss at the best rate."""
        best = self.best_rate
        return {e.seed: e.loss for e in self.evaluations if e.rate == best}


def sweep(
    task: Task,
    contenders: Sequence[Contender],
    steps: int,
    seeds: Sequence[Sequence[int]],
    *,
    grid: Sequence[float] = GRID,
    growths: int = 6,
) -> list[Sweep]:
    """Trains every contender with each of its `seeds` over a grid of rates.

    The grid grows by one rate at a time where the best lies at an edge, at most `growths` times.
    """
    found: list[list[Evaluation]] = [[] for _ in contenders]
    wanted = [(c, task.rate * factor) for c in range(len(contenders)) for factor in grid]
    for growth in range(growths + 1):
        runs = [(c, rate, seed) for c, rate in wanted for seed in seeds[c]]
        trainings = [Training(contenders[c], rate, seed) for c, rate, seed in runs]
        for (c, _, _), evaluation in zip(runs, carry_out(task, steps, trainings), strict=True):
            found[c].append(evaluation)
        wanted = [w for c in range(len(contenders)) for w in _growth(c, Sweep(tuple(found[c])))]
        if not wanted or growth == growths:
            break
    return [Sweep(tuple(evaluations)) for evaluations in found]


def carry_out(task: Task, steps: int, trainings: Sequence[Training]) -> list[Evaluation]:
    """Trains each, many at once, and gives the results in the same order."""
    done: list[Evaluation] = []
    for start in range(0, len(trainings), _LARGEST_COHORT):
        chunk = trainings[start : start + _LARGEST_COHORT]
        losses = train(task, [_replica(task, training) for training in chunk], steps)
        done += [
            Evaluation(task.name, steps, training.seed, training.rate, float(loss))
            for training, loss in zip(chunk, losses, strict=True)
        ]
    return done


def _growth(contender: int, swept: Sweep) -> list[tuple[int, float]]:
    """The rate to add next, if the best so far lies at an edge; beyond divergence lies nothing."""
    rates, best = swept.rates, swept.best_rate
    if not np.isfinite(swept.best_loss):
        return [(contender, rates[0] / _GROWTH)]
    if len(rates) > 1 and best == rates[0]:
        return [(contender, best / _GROWTH)]
    if len(rates) > 1 and best == rates[-1]:
        return [(contender, best * _GROWTH)]
    return []


def _replica(task: Task, training: Training) -> Replica:
    size = training.contender.update_size
    return Replica(
        plan=training.contender.plan,
        rate=training.rate / size,
        seed=training.seed,
        weight_decay=task.weight_decay * size,
    )
