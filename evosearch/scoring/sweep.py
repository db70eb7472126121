"""Tunes the learning rate of rules on a task: the same procedure for candidates and baselines.

Rates are relative to the rule's update size on the probe, so a grid suits rules of any scale. A
sweep starts from a few rates around the task's; where the best one lies at an edge, the grid
grows on that side. Rates that are plainly beaten are not trained to the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from evosearch.scoring.oldracing import Racer, marks
from evosearch.screening.contender import Contender
from proxies import PLAIN, Engine, Replica, Rungs, Task, train

GRID = (0.5, 1.0, 2.0, 4.0)
"""Factors on the task's own rate, with which every sweep starts; AdamW's best lies inside."""
_GROWTH = 2.0
_LARGEST_COHORT = 64
"""The most replicas trained together; beyond, time per replica falls little and memory grows."""


@dataclass(frozen=True, slots=True)
class Training:
    """Describes a training to carry out; `rate` is relative to the rule's update size."""

    contender: Contender
    rate: float
    seed: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Holds the outcome of one training.

    `loss` is the held-out loss at the end, infinite where the training diverged.
    """

    task: str
    steps: int
    seed: int
    rate: float
    """The peak learning rate relative to the update size."""
    loss: float


@dataclass(frozen=True, slots=True)
class Sweep:
    """Holds all trainings of one rule on one task, over rates and seeds."""

    evaluations: tuple[Evaluation, ...]
    """The trainings that ran to the end, or diverged."""
    beaten: frozenset[float] = frozenset()
    """The rates that were stopped because others of this rule were plainly better."""
    halted: bool = False
    """Whether all trainings were stopped because the rule exceeded a rung limit."""
    rungs: tuple[float, ...] = ()
    """The recent training loss of the best rate at each rung that was reached."""

    def mean_loss(self, rate: float) -> float:
        """Averages the final losses at a rate over seeds."""
        return float(np.mean([e.loss for e in self.evaluations if e.rate == rate]))

    @property
    def rates(self) -> list[float]:
        """Lists the rates that were tried, in ascending order."""
        return sorted({e.rate for e in self.evaluations} | self.beaten)

    @property
    def best_rate(self) -> float:
        """Finds the rate with the lowest loss, averaged over seeds."""
        return min((rate for rate in self.rates if rate not in self.beaten), key=self.mean_loss)

    @property
    def best_loss(self) -> float:
        """Gives the mean over seeds of the final loss at the best rate."""
        return self.mean_loss(self.best_rate)

    def best_losses(self) -> dict[int, float]:
        """Gives the final loss at the best rate by seed."""
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
    rung_limits: Sequence[Sequence[float]] | None = None,
    engine: Engine = PLAIN,
) -> list[Sweep]:
    """Trains every contender with each of its `seeds` over a grid of rates.

    The grid grows by one rate at a time where the best lies at an edge, at most `growths` times.
    `rung_limits` are, for each contender, the recent training losses at the rungs of
    `evosearch.scoring.racing` that its best rate must not exceed; empty for no limits.
    """
    racers = [Racer(limits) for limits in rung_limits or [()] * len(contenders)]
    evaluations: list[list[Evaluation]] = [[] for _ in contenders]
    wanted = [(c, task.rate * factor) for c in range(len(contenders)) for factor in grid]
    for growth in range(growths + 1):
        for cohort in _cohorts([(c, rate, seed) for c, rate in wanted for seed in seeds[c]]):
            trainings = [Training(contenders[c], rate, seed) for c, rate, seed in cohort]
            race = _Race(racers, [c for c, _, _ in cohort], [rate for _, rate, _ in cohort])
            rungs = Rungs(marks(steps), race.judge)
            losses = _train(task, steps, trainings, engine, rungs)
            for (c, rate, seed), loss in zip(cohort, losses.tolist(), strict=True):
                # The rate of one seed may have diverged before it was stopped for the others.
                if rate not in racers[c].beaten and not np.isnan(loss):
                    evaluations[c].append(Evaluation(task.name, steps, seed, rate, loss))
        sweeps = [_swept(own, racer) for own, racer in zip(evaluations, racers, strict=True)]
        wanted = [w for c, swept in enumerate(sweeps) for w in _growth(c, swept)]
        if not wanted or growth == growths:
            break
    return sweeps


def carry_out(
    task: Task, steps: int, trainings: Sequence[Training], engine: Engine = PLAIN
) -> list[Evaluation]:
    """Carries out trainings to the end, many at once; gives their results in the same order."""
    evaluations: list[Evaluation] = []
    for start in range(0, len(trainings), _LARGEST_COHORT):
        chunk = trainings[start : start + _LARGEST_COHORT]
        losses = _train(task, steps, chunk, engine)
        evaluations += [
            Evaluation(task.name, steps, training.seed, training.rate, float(loss))
            for training, loss in zip(chunk, losses, strict=True)
        ]
    return evaluations


def _train(
    task: Task,
    steps: int,
    trainings: Sequence[Training],
    engine: Engine,
    rungs: Rungs | None = None,
) -> NDArray[np.float64]:
    replicas = [_replica(task, training) for training in trainings]
    return train(task, replicas, steps, engine, rungs)


_Run = tuple[int, float, int]
"""The contender's index, the rate and the seed of a training."""


def _cohorts(runs: Sequence[_Run]) -> Iterator[list[_Run]]:
    """Groups the runs, in turn; a group holds all of a contender's, since they race each other."""
    cohort: list[_Run] = []
    for _, own in groupby(runs, key=lambda run: run[0]):
        together = list(own)
        if cohort and len(cohort) + len(together) > _LARGEST_COHORT:
            yield cohort
            cohort = []
        cohort += together
    if cohort:
        yield cohort


@dataclass(frozen=True, slots=True)
class _Race:
    """Is a cohort in training: each replica has a racer, by its owner's index, and a rate."""

    racers: Sequence[Racer]
    owners: Sequence[int]
    rates: Sequence[float]

    def judge(self, number: int, losses: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Lets each racer judge its own replicas; both arrays are `[replicas]`."""
        going = np.ones(len(losses), dtype=bool)
        for owner in dict.fromkeys(self.owners):
            rows = [row for row, other in enumerate(self.owners) if other == owner]
            rates = [self.rates[row] for row in rows]
            going[rows] = self.racers[owner].judge(number, losses[rows], rates)
        return going


def _swept(evaluations: Sequence[Evaluation], racer: Racer) -> Sweep:
    return Sweep(tuple(evaluations), frozenset(racer.beaten), racer.halted, tuple(racer.best))


def _growth(contender: int, swept: Sweep) -> list[tuple[int, float]]:
    """Gives the rate to add: beyond the best one at an edge, or lower where all diverged."""
    if swept.halted:
        return []
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
