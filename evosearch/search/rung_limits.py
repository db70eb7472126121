"""Sets the losses that a new candidate must not exceed at the rungs of its trainings.

They are a quantile of what recent candidates had there, so that a training that is worse than most
is stopped early.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from evosearch.scoring.evaluation import RungLimits
from evosearch.scoring.racing import RUNGS

_COMPARED = 200
"""The number of recent candidates that a new one is compared with."""
_FEWEST_COMPARED = 20
"""The fewest candidates to compare with; while there are fewer, there is no limit."""


class RecentRungs:
    """Keeps the losses of recently trained candidates at each rung of each task."""

    def __init__(self, tasks: Sequence[str], quantile: float) -> None:
        self._quantile = quantile
        self._losses: dict[str, list[deque[float]]] = {
            task: [deque(maxlen=_COMPARED) for _ in RUNGS] for task in tasks
        }

    def record(self, rungs: Mapping[str, Sequence[float]]) -> None:
        """Adds, by task, a candidate's losses at the rungs that it reached."""
        for task, losses in rungs.items():
            for recent, loss in zip(self._losses[task], losses, strict=False):
                recent.append(loss)

    def restore(self, recent: Callable[[str, int, int], Sequence[float]]) -> None:
        """Takes up what was recorded before: `recent` gives it by task, rung and number."""
        for task, by_rung in self._losses.items():
            for rung, losses in enumerate(by_rung):
                losses.extend(recent(task, rung, _COMPARED))

    def limits(self) -> RungLimits:
        """Gives the limits for the next candidates, infinite while too few were trained."""
        return {task: tuple(map(self._limit, by_rung)) for task, by_rung in self._losses.items()}

    def _limit(self, losses: Sequence[float]) -> float:
        if len(losses) < _FEWEST_COMPARED or self._quantile >= 1:
            return np.inf
        return float(np.quantile(losses, self._quantile, method="lower"))
