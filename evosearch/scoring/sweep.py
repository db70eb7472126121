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

from evosearch.scoring.racing import Racer, marks
from evosearch.screening.contender import Contender
from proxies import PLAIN, Engine, Replica, Rungs, Task, train

GRID = (0.5, 1.0, 2.0, 4.0)
"""Factors on the task's own rate with which a sweep starts: AdamW's best lies inside."""
_GROWTH = 2.0
_LARGEST_COHORT = 64
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
    """Those that ran to the end, or diverged."""
    beaten: frozenset[float] = frozenset()
    """Rates that were stopped, as others of this rule were plainly better."""
    halted: bool = False
    """Whether all were stopped, as other rules were better."""
    rungs: tuple[float, ...] = ()
    """At each rung reached, the recent training loss of the best rate."""

    def mean_loss(self, rate: float) -> float:
        return float(np.mean([e.loss for e in self.evaluations if e.rate == rate]))

    @property
    def rates(self) -> list[float]:
        """That were tried."""
        return sorted({e.rate for e in self.evaluations} | self.beaten)

    @property
    def best_rate(self) -> float:
        """The rate with the lowest loss, averaged over seeds."""
        return min((rate for rate in self.rates if rate not in self.beaten), key=self.mean_loss)

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
    hurdles: Sequence[Sequence[float]] | None = None,
    engine: Engine = PLAIN,
) -> list[Sweep]:
    """Trains every contender with each of its `seeds` over a grid of rates.

    The grid grows by one rate at a time where the best lies at an edge, at most `growths` times.
    `hurdles` are, for each contender, the recent training losses at the rungs of
    `evosearch.scoring.racing` that its best rate must reach; none where empty.
    """
    racers = [Racer(given) for given in hurdles or [()] * len(contenders)]
    found: list[list[Evaluation]] = [[] for _ in contenders]
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
                    found[c].append(Evaluation(task.name, steps, seed, rate, loss))
        swept = [_swept(own, racer) for own, racer in zip(found, racers, strict=True)]
        wanted = [w for c, one in enumerate(swept) for w in _growth(c, one)]
        if not wanted or growth == growths:
            break
    return swept


def carry_out(
    task: Task, steps: int, trainings: Sequence[Training], engine: Engine = PLAIN
) -> list[Evaluation]:
    """Trains each to the end, many at once, and gives the results in the same order."""
    done: list[Evaluation] = []
    for start in range(0, len(trainings), _LARGEST_COHORT):
        chunk = trainings[start : start + _LARGEST_COHORT]
        losses = _train(task, steps, chunk, engine)
        done += [
            Evaluation(task.name, steps, training.seed, training.rate, float(loss))
            for training, loss in zip(chunk, losses, strict=True)
        ]
    return done


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
"""Which contender, at which rate, with which seed."""


def _cohorts(runs: Sequence[_Run]) -> Iterator[list[_Run]]:
    """The runs, in turn, in groups that hold all of a contender's, since they race each other."""
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
    """A cohort's replicas, `owners` and `rates` of each."""

    racers: Sequence[Racer]
    owners: Sequence[int]
    rates: Sequence[float]

    def judge(self, number: int, losses: NDArray[np.float64]) -> NDArray[np.bool_]:
        going = np.ones(len(losses), dtype=bool)
        for owner in dict.fromkeys(self.owners):
            rows = [row for row, other in enumerate(self.owners) if other == owner]
            rates = [self.rates[row] for row in rows]
            going[rows] = self.racers[owner].judge(number, losses[rows], rates)
        return going


def _swept(evaluations: Sequence[Evaluation], racer: Racer) -> Sweep:
    return Sweep(tuple(evaluations), frozenset(racer.beaten), racer.halted, tuple(racer.best))


def _growth(contender: int, swept: Sweep) -> list[tuple[int, float]]:
    """The rate to add next, if the best so far lies at an edge; beyond divergence lies nothing."""
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
