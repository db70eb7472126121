"""Measures the yardstick that scores are read off: the steps that tuned AdamW needs for a loss.

AdamW is trained on a task for ¼, ½, 1, 2 and 4 times the task's steps, each with its own
learning-rate schedule, and its rate, betas and epsilon tuned for each by the tuner that candidates
have, with as large a budget as the most that one of them gets. Between the measured points the
logarithm of the steps is taken to be linear in the loss. A speed-up of 1.3 means that tuned AdamW
needs 1.3 times the steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np

from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule
from evosearch.scoring.curve import Curve, curve
from evosearch.scoring.rounds import ROUNDS, fresh_seeds
from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Training, carry_out
from evosearch.scoring.tuner import Wish, tune
from evosearch.screening.family import Family
from proxies import PLAIN, Engine, Task

HORIZONS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Multiples of the task's own steps for which AdamW is trained."""
BASELINE = "adamw"
"""The known rule that every speed-up is over."""
SEEDS = 4
"""The seeds 0 … 3 give AdamW's loss at each horizon."""
MOST_SEEDS = 4
"""The most seeds with which a search may compare a candidate's settings."""
OWN_SEEDS = fresh_seeds(ROUNDS - 1, MOST_SEEDS)[-1] + 1
"""AdamW's loss at the task's own steps is known for the seeds 0 … 27, with which candidates'
losses are paired."""
_TUNING_SEEDS = (200, 201, 202, 203)
"""Twice as many as a candidate has, for all scores depend on how well AdamW was tuned."""
BUDGET = 96
"""The trainings that a candidate's tuner may spend on a task in a round, unless it is configured
otherwise."""


@dataclass(frozen=True)
class Point:
    """Holds AdamW's losses after `steps` steps at its best setting.

    The `losses` are by the seeds 0, 1, …, none of which it was tuned with.
    """

    steps: int
    rate: float
    losses: tuple[float, ...]
    constants: tuple[float, ...]
    """AdamW's constants, in the order of `CONSTANTS`."""

    @property
    def loss(self) -> float:
        """Gives the mean loss over seeds."""
        return float(np.mean(self.losses))

    @property
    def deviation(self) -> float:
        """Gives the sample standard deviation of the loss between seeds."""
        return float(np.std(self.losses, ddof=1))


@dataclass(frozen=True)
class Yardstick:
    """Holds AdamW's tuned loss as a function of its steps; `points` are in the order of steps."""

    task: str
    steps: int
    """The task's own steps, for which a speed-up is 1 by definition."""
    points: tuple[Point, ...]
    default: Point
    """AdamW with its default constants, its rate tuned, at the task's own steps."""
    budget: int
    """The trainings that each point was tuned with; times its steps, replica-steps."""

    def speedup(self, loss: float) -> float:
        """Divides the steps that tuned AdamW needs to reach `loss` by the task's, in [1/16, 4]."""
        return self._curve.speedup(loss)

    def loss_at(self, speedup: float) -> float:
        """Gives the loss that stands for a speed-up between ¼ and 4, and beyond for less."""
        return self._curve.loss_at(speedup)

    @cached_property
    def _curve(self) -> Curve:
        return curve(self.steps, [(point.steps, point.loss) for point in self.points])

    @property
    def own(self) -> Point:
        """Gives the point at the task's own steps."""
        return next(point for point in self.points if point.steps == self.steps)

    @property
    def default_speedup(self) -> float:
        """Gives the speed-up of AdamW with its default constants, which is mostly below 1."""
        losses = dict(enumerate(self.default.losses))
        ours = self.relative_speedups(losses, self.baseline_losses).values()
        return float(2.0 ** np.mean(np.log2(list(ours))))

    @property
    def baseline_losses(self) -> dict[int, float]:
        """Gives AdamW's loss at the task's own steps, by seed."""
        return dict(enumerate(self.own.losses))

    def relative_speedups(
        self, losses: Mapping[int, float], baseline: Mapping[int, float]
    ) -> dict[int, float]:
        """Gives, by seed, the speed-up over AdamW's own on that seed.

        The pairing takes out what initial weights and data have in common, which is most of the
        noise. Both arguments map seeds to losses at the task's own steps.
        """
        return {
            seed: self.speedup(loss) / self.speedup(baseline[seed]) for seed, loss in losses.items()
        }


class MeasuredTask(NamedTuple):
    """Pairs a task with tuned AdamW's yardstick on it."""

    task: Task
    yardstick: Yardstick


@cache
def baseline() -> Family:
    """Gives AdamW, with its constants to be tuned."""
    return Family(lower(known_rule(BASELINE)))


CONSTANTS = baseline().names
"""The names of AdamW's constants."""


def measure_point(
    task: Task, steps: int, budget: int = BUDGET * ROUNDS, engine: Engine = PLAIN
) -> Point:
    """Tunes AdamW for trainings of `steps` and gives the losses at its best.

    `budget` is in trainings of that length. At the task's own steps there are `OWN_SEEDS` losses.
    """
    return _measured(task, baseline(), steps, budget, engine)


def measure_default(task: Task, budget: int = BUDGET * ROUNDS, engine: Engine = PLAIN) -> Point:
    """Tunes the rate of AdamW with its default constants, for the task's own steps."""
    point = _measured(task, baseline().bound(), task.steps, budget, engine)
    return replace(point, constants=baseline().defaults)


def measure_yardstick(
    task: Task, budget: int = BUDGET * ROUNDS, engine: Engine = PLAIN
) -> Yardstick:
    """Measures the whole yardstick in this process."""
    points = [measure_point(task, steps, budget, engine) for steps in horizons(task)]
    default = measure_default(task, budget, engine)
    return Yardstick(task.name, task.steps, tuple(points), default, budget)


def horizons(task: Task) -> list[int]:
    """Gives the steps at which the yardstick is measured, the fewest first."""
    return [max(1, round(task.steps * factor)) for factor in HORIZONS]


def _measured(task: Task, family: Family, steps: int, budget: int, engine: Engine) -> Point:
    few = tuple(range(SEEDS))
    wish = Wish(family, ("yardstick", steps), budget * steps, _TUNING_SEEDS, few)
    (tuned,) = tune(task, [wish], steps, engine)
    losses = [tuned.losses.get(seed, np.inf) for seed in few]
    if steps == task.steps:
        losses += _losses(task, family, tuned.best, range(SEEDS, OWN_SEEDS), engine)
    return Point(steps, tuned.best.rate, tuple(losses), tuned.best.constants)


def _losses(
    task: Task, family: Family, setting: Setting, seeds: Sequence[int], engine: Engine
) -> list[float]:
    """Trains a rule at one setting to the task's own steps; gives the loss of each seed."""
    contender = family.contender(setting.constants)
    if contender is None:
        return [np.inf] * len(seeds)
    trainings = [Training(contender, setting.rate, seed) for seed in seeds]
    return [e.loss for e in carry_out(task, task.steps, trainings, engine)]
