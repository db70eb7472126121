"""Stops trainings that are plainly beaten before their last step.

At two rungs, a quarter and half of the way, the recent training losses of a
rule's rates are compared, as in successive halving (Jamieson and Talwalkar, arXiv 1502.07943). A
rate is stopped that lags the rule's best one by more than a share of what that has gained since
the start. Large rates lag until the learning-rate schedule brings them down, so a narrow margin
would stop the best; `scripts/study_rungs.py` measures what the margins save and cost. A rule is
stopped whose best rate exceeds the rung limit that it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FEWEST_STEPS = 40
"""Shorter trainings are never stopped: their rungs would look at a step or two."""


class Rung(NamedTuple):
    """Is a place where trainings are compared: a share of the steps, and how far a rate may lag.

    The margin is relative to what the rule's best rate has gained since the start.
    """

    share: float
    margin: float


RUNGS = (Rung(0.25, 0.5), Rung(0.5, 0.1))
_START = 0.02
"""The share of the steps after which the loss is still that of the start."""


def marks(steps: int) -> tuple[int, ...]:
    """Gives the steps after which trainings are compared, none where the training is short.

    The first mark only notes the losses that trainings start from; the others are the rungs.
    """
    if steps < FEWEST_STEPS:
        return ()
    return tuple(max(1, round(share * steps)) for share in (_START, *(r.share for r in RUNGS)))


@dataclass
class Racer:
    """Judges one rule's trainings on a task, over all the rates that are tried."""

    limits: Sequence[float] = ()
    """The recent loss at each rung that the best rate must not exceed; empty for no limits."""
    beaten: set[float] = field(default_factory=set)
    """The rates that were stopped."""
    halted: bool = False
    """Whether the rule exceeded a limit, so that all its trainings are stopped."""
    best: list[float] = field(default_factory=list)
    """The recent loss of the best rate at each rung that was reached."""
    start: float = np.nan
    """The loss that trainings start from; NaN until one was seen."""

    def judge(
        self, number: int, losses: NDArray[np.float64], rates: Sequence[float]
    ) -> NDArray[np.bool_]:
        """Tells which of this rule's trainings go on, as `[k]`.

        `number` counts the `marks`. `losses`, `[k]`, are recent training losses: NaN where the
        training was stopped before, infinite where it diverged. `rates` are those of the trainings.
        """
        if number == 0:
            finite = losses[np.isfinite(losses)]
            if np.isnan(self.start) and len(finite):
                self.start = float(np.median(finite))
            return np.ones(len(losses), dtype=bool)
        rung = RUNGS[number - 1]
        running = sorted({r for r, loss in zip(rates, losses, strict=True) if not np.isnan(loss)})
        if not running:
            return np.zeros(len(losses), dtype=bool)
        means = {r: float(np.mean(losses[np.equal(rates, r)])) for r in running}
        # A rate that is tried later races the earlier ones where they were.
        if len(self.best) < number:
            self.best.append(np.inf)
        best = self.best[number - 1] = min([self.best[number - 1], *means.values()])
        allowed = best + rung.margin * max(self.start - best, 0.0)
        self.beaten |= {r for r, loss in means.items() if loss > allowed}
        if self.limits and best > self.limits[number - 1]:
            self.halted = True
        return np.array([not self.halted and r not in self.beaten for r in rates])
