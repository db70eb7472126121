"""Puts an interval around a speed-up: Student's t over seeds, of losses paired with AdamW's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from evosearch.scoring.yardstick import Yardstick

_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Measurement:
    """Holds a speed-up over the baseline and its 95% interval.

    The speed-up is the geometric mean over tasks and seeds. The interval is Student's t over seeds,
    of the mean over tasks of the logarithm.
    """

    speedup: float
    low: float
    high: float
    per_task: Mapping[str, float]


def measure_speedup(
    yardsticks: Sequence[Yardstick],
    losses: Mapping[str, Mapping[int, float]],
    baseline: Mapping[str, Mapping[int, float]],
) -> Measurement:
    """Measures a rule's speed-up from its losses and the baseline's, each by task and seed.

    Every task must have the same seeds, at least two, in the same order.
    """
    logs = {
        yardstick.task: np.log2(
            list(
                yardstick.relative_speedups(
                    losses[yardstick.task], baseline[yardstick.task]
                ).values()
            )
        )
        for yardstick in yardsticks
    }
    per_seed = np.mean(list(logs.values()), axis=0)
    middle = float(np.mean(per_seed))
    error = float(np.std(per_seed, ddof=1) / np.sqrt(len(per_seed)))
    reach = error * float(stdtrit(len(per_seed) - 1, (1 + _CONFIDENCE) / 2))
    return Measurement(
        speedup=2.0**middle,
        low=2.0 ** (middle - reach),
        high=2.0 ** (middle + reach),
        per_task={task: float(2.0 ** np.mean(values)) for task, values in logs.items()},
    )
