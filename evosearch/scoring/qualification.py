"""Tells whether a task can tell rules apart: how steadily AdamW's loss falls, how noisy seeds are.

A task qualifies if AdamW's tuned loss falls with every doubling of the steps from ¼ to 4 times the
task's, each time by at least `STEADY` standard deviations between seeds at the longer of the two,
and if its resolution is at most `LIMIT`.

The resolution is the speed-up that one seed tells from none: the standard deviation of the final
loss over seeds, at the task's own steps and AdamW's best rate, divided by what a doubling of the
steps gains there (the mean of the doublings before and after), as a power of 2, less one.
The *unpaired* resolution is that of AdamW's loss. The *paired* one is that of the difference to
another rule's loss on the same seed, which starts from the same weights and sees the same data:
this is what a search compares. It holds the noise of both rules, and is the smaller the more alike
they train. The other rule is `COMPANION`, tuned in the same way. The verdict goes by the unpaired
one, which does not depend on a choice of rule.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule
from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Training, carry_out
from evosearch.scoring.tuner import Wish, tune
from evosearch.scoring.yardstick import (
    BUDGET,
    HORIZONS,
    SEEDS,
    Point,
    Yardstick,
    baseline,
    measure_default,
    measure_point,
)
from evosearch.scoring.yardstick_cache import torch_version
from evosearch.screening.family import Family
from proxies import PLAIN, Engine, Task
from proxies.training.cost import replica_step_seconds

COMPANION = "cautious_adamw"
NOISE_SEEDS = 16
_TUNING_SEEDS = (200, 201)
_FIRST_NOISE_SEED = 300
"""The noise is measured on seeds that no task was tuned with, or it would look too small."""
LIMIT = 0.10
"""The coarsest resolution of a task that qualifies; 0.05 is aimed at."""
STEADY = 3.0
"""The standard deviations by which each doubling must lower the loss."""
_MOST_DOUBLINGS = 20.0
"""The doublings of the steps beyond which a noise is told to hide every speed-up."""
_TIMED_REPLICAS = 64
_TIMED_STEPS = 20


@dataclass(frozen=True)
class Qualification:
    """Holds the measurements of one task, and the verdict that follows from them."""

    task: str
    digest: str
    """The digest of the task as it was then."""
    steps: int
    points: tuple[Point, ...]
    """Tuned AdamW at the horizons, the shortest first; the longest may be missing."""
    losses: tuple[float, ...]
    """AdamW's losses at the task's own steps, on seeds that nothing else uses."""
    companion_losses: tuple[float, ...]
    """The losses of `COMPANION` on the same seeds."""
    replica_step_seconds: float
    machine: str
    """The machine on which that time was taken, and its torch."""
    default: Point | None = None
    """AdamW with its default constants, at the task's own steps; None where not measured."""
    budget: int = 0
    """The trainings with which each point's rate and constants were tuned; 0 where the rate alone
    was, at the default constants."""

    @property
    def complete(self) -> bool:
        """Tells whether AdamW was trained at every horizon."""
        return len(self.points) == len(HORIZONS)

    @property
    def gain(self) -> float:
        """Computes the loss that a doubling of the steps gains around the task's own.

        It is the mean of the doublings before and after, or the one before where the one after was
        not measured.
        """
        before, here, *later = (point.loss for point in self.points[1:4])
        return (before - later[0]) / 2 if later else before - here

    @property
    def resolution(self) -> float:
        """Computes the relative speed-up that one seed tells from none, by AdamW's own noise.

        It is infinite where the loss does not fall.
        """
        return self._speedup(float(np.std(self.losses, ddof=1)))

    @property
    def paired_resolution(self) -> float:
        """Computes the resolution from the differences to the companion's losses, seed by seed."""
        differences = np.subtract(self.companion_losses, self.losses)
        return self._speedup(float(np.std(differences, ddof=1)))

    @property
    def falls(self) -> tuple[float, ...]:
        """Gives the gain of each doubling, in standard deviations between seeds at its end."""
        return tuple(
            (short.loss - long.loss) / max(long.deviation, 1e-12)
            for short, long in zip(self.points, self.points[1:], strict=False)
        )

    @property
    def faults(self) -> tuple[str, ...]:
        """Lists the reasons why the task does not qualify, for people."""
        faults = []
        for point, fall in zip(self.points[1:], self.falls, strict=True):
            if not fall >= STEADY:
                faults.append(
                    f"the loss falls by {fall:.1f} standard deviations to {point.steps} steps, "
                    f"expected {STEADY:g}"
                )
        if not np.isfinite(self.resolution):
            faults.append("the loss falls by too little around its own steps to tell rules apart")
        elif not self.resolution <= LIMIT:
            faults.append(f"resolution {self.resolution:.0%} per seed, expected {LIMIT:.0%}")
        return tuple(faults)

    @property
    def verdict(self) -> str:
        """Gives the verdict in words; "not fully" where only horizons are missing."""
        if self.faults:
            return "not qualified"
        return "qualified" if self.complete else "not fully qualified"

    @property
    def unmeasured(self) -> tuple[float, ...]:
        """Lists the horizons without a point."""
        return HORIZONS[len(self.points) :]

    def _speedup(self, noise: float) -> float:
        """Converts a standard deviation of the loss to a relative speed-up."""
        doublings = noise / self.gain if self.gain > 0 else np.inf
        return float(2.0**doublings - 1) if doublings <= _MOST_DOUBLINGS else np.inf


def qualify(
    task: Task,
    longest: float = HORIZONS[-1],
    seeds: int = NOISE_SEEDS,
    known: Yardstick | None = None,
    budget: int = BUDGET * ROUNDS,
    engine: Engine = PLAIN,
) -> Qualification:
    """Measures a task in this process, up to `longest` times its steps (at least 1).

    The noise is measured on `seeds` seeds, none of which is the yardstick's. A yardstick that is
    `known` is taken as it is; else AdamW is tuned with `budget` trainings at each horizon.
    """
    wanted = [factor for factor in HORIZONS if factor <= longest]
    measured = {point.steps: point for point in known.points} if known else {}
    points = []
    for factor in wanted:
        steps = max(1, round(task.steps * factor))
        points.append(measured.get(steps) or measure_point(task, steps, budget, engine))
    own = points[HORIZONS.index(1.0)]
    companion = Family(lower(known_rule(COMPANION)))
    wish = Wish(
        family=companion,
        key=("companion",),
        budget=budget * task.steps,
        seeds=_TUNING_SEEDS,
        fresh_seeds=tuple(range(SEEDS)),
    )
    (tuned,) = tune(task, [wish], task.steps, engine)
    noise = range(_FIRST_NOISE_SEED, _FIRST_NOISE_SEED + seeds)
    return Qualification(
        task=task.name,
        digest=task.digest(),
        steps=task.steps,
        points=tuple(points),
        losses=_losses(task, baseline(), Setting(own.rate, own.constants), noise, engine),
        companion_losses=_losses(task, companion, tuned.best, noise, engine),
        replica_step_seconds=measure_time(task, engine),
        machine=machine_note(),
        default=known.default if known else measure_default(task, budget, engine),
        budget=known.budget if known else budget,
    )


def measure_time(task: Task, engine: Engine = PLAIN) -> float:
    """Takes the seconds of a replica-step of AdamW, trained as a block of candidates is."""
    steps = min(task.steps, _TIMED_STEPS)
    family = baseline()
    contender = family.contender(family.defaults)
    assert contender is not None, "AdamW trains at its defaults"
    return replica_step_seconds(
        task, contender.plan, contender.constants, _TIMED_REPLICAS, steps, engine
    )


def candidate_seconds(task: Task, replica_step: float) -> float:
    """Converts the seconds of a replica-step to those of one round of tuning a structure."""
    return replica_step * task.steps * BUDGET


def machine_note() -> str:
    """Names the machine, its threads and its torch."""
    return f"{platform.machine()}, CPU, {torch.get_num_threads()} thread, torch {torch_version()}"


def _losses(
    task: Task, family: Family, setting: Setting, seeds: Sequence[int], engine: Engine
) -> tuple[float, ...]:
    """Trains a rule at one setting to the task's own steps; gives the loss of each seed."""
    contender = family.contender(setting.constants)
    assert contender is not None, f"{setting} was trained before"
    trainings = [Training(contender, setting.rate, seed) for seed in seeds]
    return tuple(e.loss for e in carry_out(task, task.steps, trainings, engine))
