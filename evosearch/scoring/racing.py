"""Stops trainings that are plainly beaten before their last step.

At two rungs of the schedule, a quarter and half of the way, the recent training losses of a
rule's rates are compared, as in successive halving (Jamieson and Talwalkar, arXiv 1502.07943). A
rate is stopped that lags the rule's best one by more than a share of what that has gained since
the start. Where the larger rates lag only until the schedule brings them down, a narrow margin
would stop the best; the margins here cost little, see `scripts/study_rungs.py`. A rule is stopped
whose best rate is worse than the hurdle it was given for the rung.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FEWEST_STEPS = 40
"""In shorter trainings nothing is stopped: their rungs would look at a step or two."""


class Rung(NamedTuple):
    """A place to compare: a share of the steps, and how far a rate may lag there.

    The margin is relative to what the rule's best rate has gained since the start.
    """

    share: float
    margin: float


RUNGS = (Rung(0.25, 0.5), Rung(0.5, 0.1))
_START = 0.02
"""The share of the steps after which the loss is still that of the start."""


def marks(steps: int) -> tuple[int, ...]:
    """The steps after which trainings are compared, the first for the losses they start from."""
    if steps < FEWEST_STEPS:
        return ()
    return tuple(max(1, round(share * steps)) for share in (_START, *(r.share for r in RUNGS)))


@dataclass
class Racer:
    """What is known of one rule's trainings on a task, over all the rates it was given."""

    hurdles: Sequence[float] = ()
    """The recent loss at each rung that the best rate must not exceed; none where empty."""
    beaten: set[float] = field(default_factory=set)
    """Rates that were stopped."""
    halted: bool = False
    """Whether the rule missed a hurdle."""
    best: list[float] = field(default_factory=list)
    """The recent loss of the best rate at each rung that was reached."""
    start: float = np.nan

    def judge(
        self, number: int, losses: NDArray[np.float64], rates: Sequence[float]
    ) -> NDArray[np.bool_]:
        """Which of this rule's trainings go on; `number` counts `marks`, `losses` are `[k]`."""
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
        limit = best + rung.margin * max(self.start - best, 0.0)
        self.beaten |= {r for r, loss in means.items() if loss > limit}
        if self.hurdles and best > self.hurdles[number - 1]:
            self.halted = True
        return np.array([not self.halted and r not in self.beaten for r in rates])
