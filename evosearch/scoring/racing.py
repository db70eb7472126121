"""Stops trainings that lag others of the same rule before their last step.

At two rungs, a quarter and half of the way, the settings of a generation are ordered by their
recent training losses, averaged over seeds, and the better part goes on: successive halving
(Jamieson and Talwalkar, arXiv 1502.07943), over learning rates and constants together, all seeds
of a setting at once. A rule is stopped altogether whose best setting exceeds the rung limit that it
was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FEWEST_STEPS = 40
"""Shorter trainings are never stopped: their rungs would look at a step or two."""
RUNGS = (0.25, 0.5)
"""The shares of the steps after which trainings are compared."""
KEPT = 0.5
"""The share of a rule's settings that goes on at each rung."""


def marks(steps: int) -> tuple[int, ...]:
    """Gives the steps after which trainings are compared, none where the training is short."""
    return tuple(max(1, round(share * steps)) for share in RUNGS) if steps >= FEWEST_STEPS else ()


def racing_share(steps: int) -> float:
    """Gives the share of the steps that a setting is trained for on average, while none ties."""
    share, going, before = 0.0, 1.0, 0.0
    for mark in marks(steps):
        share += going * (mark / steps - before)
        going, before = going * KEPT, mark / steps
    return share + going * (1 - before)


def racing_steps(settings: int, steps: int) -> int:
    """Counts the steps that a generation takes on each seed if nothing diverges."""
    total, going, before = 0, settings, 0
    for mark in (*marks(steps), steps):
        total += going * (mark - before)
        going, before = _kept(going), mark
    return total


@dataclass
class Race:
    """Judges the trainings of one rule's generation of settings."""

    settings: Sequence[int]
    """The number of the setting that each training has."""
    limits: Sequence[float] = ()
    """The recent loss at each rung that the best setting must not exceed; empty for no limits."""
    halted: bool = False
    """Whether the rule exceeded a limit, so that all its trainings are stopped."""
    best: list[float] = field(default_factory=list)
    """The recent loss of the best setting at each rung that was reached."""
    going: NDArray[np.int64] = field(init=False)
    """The numbers of the settings that go on."""

    def __post_init__(self) -> None:
        self.going = np.unique(np.asarray(self.settings, dtype=np.int64))

    def judge(self, rung: int, losses: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tells which trainings go on after a rung, `[k]`.

        `losses`, `[k]`, are recent training losses: NaN where the training was stopped before,
        infinite where it diverged. A setting that diverged on one seed is the worst.
        """
        numbers = np.asarray(self.settings)
        if len(self.going):
            means = np.array([np.mean(losses[numbers == number]) for number in self.going])
            means[np.isnan(means)] = np.inf
            self.best.append(float(means.min()))
            self.halted = bool(self.limits) and self.best[-1] > self.limits[rung]
            kept = 0 if self.halted else _kept(len(means))
            self.going = self.going[np.argsort(means, kind="stable")[:kept]]
        going: NDArray[np.bool_] = np.isin(numbers, self.going)
        return going


def _kept(settings: int) -> int:
    return int(np.ceil(KEPT * settings))
