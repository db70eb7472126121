"""Measures the yardstick that scores are read off: the steps that tuned AdamW needs for a loss.

AdamW is trained on a task for ¼, ½, 1, 2 and 4 times the task's steps, each with its own
learning-rate schedule and its own tuned peak rate. Between the measured points the logarithm of
the steps is taken to be linear in the loss. A speed-up of 1.3 means that tuned AdamW needs 1.3
times the steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evosearch.language.library import known_rule
from evosearch.scoring.sweep import sweep
from evosearch.screening.contender import Contender
from evosearch.screening.screen import screen
from proxies import PLAIN, Engine, Task

HORIZONS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Multiples of the task's own steps for which AdamW is trained."""
SLOWEST = 1 / 16
"""The lowest speed-up told apart; below ¼ it is read off the line through the first two points."""
FASTEST = HORIZONS[-1]
"""The highest speed-up told apart, which is the longest horizon's."""
BASELINE = "adamw"
"""The known rule that every speed-up is over."""
SEEDS = 4
"""AdamW is measured with the seeds 0 … 3; a search uses the first of them."""
CANDIDATE_SEEDS = 2
"""The seeds with which a search trains a candidate, unless it is configured otherwise."""
CANDIDATES_TOGETHER = 8
"""The candidates that a search trains together, unless it is configured otherwise."""


@dataclass(frozen=True)
class Point:
    """Holds AdamW's losses after `steps` steps at its best relative rate.

    The `losses` are by the seeds 0, 1, …
    """

    steps: int
    rate: float
    losses: tuple[float, ...]

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

    def speedup(self, loss: float) -> float:
        """Divides the steps that tuned AdamW needs to reach `loss` by the task's, in [1/16, 4]."""
        if not np.isfinite(loss):
            return SLOWEST
        # A longer run that came out worse by noise must not make the map ambiguous.
        losses = np.minimum.accumulate([point.loss for point in self.points])
        losses = losses - 1e-9 * np.arange(len(losses))
        logs = np.log2([point.steps / self.steps for point in self.points])
        if loss > losses[0]:
            slope = (logs[1] - logs[0]) / (losses[1] - losses[0])
            log = logs[0] + slope * (loss - losses[0])
        else:
            log = np.interp(loss, losses[::-1], logs[::-1])
        return float(np.clip(2.0**log, SLOWEST, FASTEST))

    @property
    def baseline_losses(self) -> dict[int, float]:
        """Gives AdamW's loss at the task's own steps, by seed."""
        (point,) = (point for point in self.points if point.steps == self.steps)
        return dict(enumerate(point.losses))

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


def baseline() -> Contender:
    """Makes a contender of AdamW with its default constants."""
    return screen(known_rule(BASELINE)).contender


def measure_point(task: Task, steps: int, engine: Engine = PLAIN) -> Point:
    """Tunes AdamW's rate for trainings of `steps` and gives the losses at the best."""
    (swept,) = sweep(task, [baseline()], steps, [range(SEEDS)], engine=engine)
    return Point(steps, swept.best_rate, tuple(swept.best_losses().values()))


def measure_yardstick(task: Task, engine: Engine = PLAIN) -> Yardstick:
    """Measures the whole yardstick in this process."""
    points = tuple(measure_point(task, steps, engine) for steps in horizons(task))
    return Yardstick(task.name, task.steps, points)


def horizons(task: Task) -> list[int]:
    """Gives the steps at which the yardstick is measured, the fewest first."""
    return [max(1, round(task.steps * factor)) for factor in HORIZONS]
