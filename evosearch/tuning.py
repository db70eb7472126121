"""Tunes the learning rate of rules on a task: the same procedure for candidates and baselines.

Rates are relative to the rule's update size on the probe, so a grid suits rules of any scale. A
sweep starts from a few rates around the task's; where the best one lies at an edge, the grid
grows on that side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proxies import Plan, Replica, Task, train

GRID = (0.5, 1.0, 2.0)
"""Factors on the task's own rate with which a sweep starts."""
_GROWTH = 2.0
_LARGEST_COHORT = 48


@dataclass(frozen=True, slots=True)
class Contender:
    """A rule to train: its plan, and the root mean square of its direction on the probe."""

    plan: Plan
    update_size: float


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
    seeds: Sequence[int],
    *,
    grid: Sequence[float] = GRID,
    growths: int = 6,
) -> list[Sweep]:
    """Trains every contender with every seed over a grid of rates.

    The grid grows by one rate at a time where the best lies at an edge, at most `growths` times.
    """
    found: list[list[Evaluation]] = [[] for _ in contenders]
    wanted = [[(c, task.rate * factor) for factor in grid] for c in range(len(contenders))]
    for _ in range(growths + 1):
        runs = [(c, rate, seed) for block in wanted for c, rate in block for seed in seeds]
        for start in range(0, len(runs), _LARGEST_COHORT):
            chunk = runs[start : start + _LARGEST_COHORT]
            losses = train(task, [_replica(task, contenders[c], r, s) for c, r, s in chunk], steps)
            for (c, rate, seed), loss in zip(chunk, losses, strict=True):
                found[c].append(Evaluation(task.name, steps, seed, rate, float(loss)))
        wanted = [_growth(c, Sweep(tuple(found[c]))) for c in range(len(contenders))]
        if not any(wanted):
            break
    return [Sweep(tuple(evaluations)) for evaluations in found]


def repeat(task: Task, contender: Contender, evaluations: Sequence[Evaluation]) -> list[float]:
    """The losses of the same trainings, made again; all must be of one number of steps."""
    (steps,) = {e.steps for e in evaluations}
    replicas = [_replica(task, contender, e.rate, e.seed) for e in evaluations]
    return [float(loss) for loss in train(task, replicas, steps)]


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


def _replica(task: Task, contender: Contender, rate: float, seed: int) -> Replica:
    size = contender.update_size
    return Replica(contender.plan, rate / size, seed, task.weight_decay * size)
