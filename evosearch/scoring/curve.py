"""Reads off a loss how many of AdamW's steps it is worth.

Between the measured points the logarithm of the steps is taken to be linear in the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

SLOWEST = 1 / 16
"""The lowest speed-up told apart; below the first point it is read off the line through two."""
_FALL = 1e-9
"""How far each loss is put below the one before, so that each has steps of its own."""


@dataclass(frozen=True)
class Curve:
    """Holds the loss of tuned AdamW after several numbers of steps, the fewest first."""

    own: int
    """The steps for which a speed-up is 1 by definition."""
    steps: tuple[int, ...]
    losses: tuple[float, ...]

    def speedup(self, loss: float) -> float:
        """Divides the steps that tuned AdamW needs to reach `loss` by its own.

        It is held above `SLOWEST` and below the longest training that was measured.
        """
        if not np.isfinite(loss):
            return SLOWEST
        losses, logs = self._points
        if loss > losses[0]:
            slope = (logs[1] - logs[0]) / (losses[1] - losses[0])
            log = logs[0] + slope * (loss - losses[0])
        else:
            log = np.interp(loss, losses[::-1], logs[::-1])
        return float(np.clip(2.0**log, SLOWEST, 2.0 ** logs[-1]))

    def loss_at(self, speedup: float) -> float:
        """Gives the loss that stands for a speed-up; of a higher one than was measured, the last.

        Below the first point it lies on the line through the first two.
        """
        losses, logs = self._points
        log = np.log2(max(speedup, SLOWEST))
        if log < logs[0]:
            slope = (losses[1] - losses[0]) / (logs[1] - logs[0])
            return float(losses[0] + slope * (log - logs[0]))
        return float(np.interp(log, logs, losses))

    @cached_property
    def _points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gives the losses, which fall, and the logarithms of the relative steps that reach them.

        A longer run that came out worse by noise must not make the map ambiguous. Very short tasks
        have several points of a step; then the line begins with the last of them.
        """
        losses = np.minimum.accumulate(self.losses)
        falling = losses - _FALL * np.arange(len(losses))
        logs = np.log2(np.divide(self.steps, self.own))
        last = np.append(np.diff(logs) > 0, True)
        return falling[last], logs[last]


def curve(own: int, points: Sequence[tuple[int, float]]) -> Curve:
    """Makes a curve of pairs of steps and loss, in any order."""
    steps, losses = zip(*sorted(points, key=itemgetter(0)), strict=True)
    return Curve(own, steps, losses)
