"""Adds trials until every verdict is clear, or a limit is reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evosearch.validation.evidence import ADAMW, judge_one


class Laboratory(Protocol):
    """Carries out trials."""

    def measure(self, members: Sequence[int], number: int) -> NDArray[np.float64]:
        """Gives the logarithms of speed in trial `number` (from 0), `[members, horizons, tasks]`.

        Members are places: of the baselines, AdamW first, then of the rules. What a member is given
        depends on nothing but its place and the number.
        """


def measure_until_clear(
    laboratory: Laboratory, baselines: int, rules: int, limit: int, level: float
) -> list[NDArray[np.float64]]:
    """Gives each member's logarithms of speed, `[trials, horizons, tasks]`, baselines first.

    Each rule gets trials until its own verdicts are clear, which no other rule has a say in; the
    baselines get as many as the rule with the most. Verdicts are at the last horizon.
    """
    series: list[list[NDArray[np.float64]]] = [[] for _ in range(baselines + rules)]
    unclear = list(range(baselines, baselines + rules))
    for number in range(limit):
        members = [*range(baselines), *unclear]
        for member, values in zip(members, laboratory.measure(members, number), strict=True):
            series[member].append(values)
        known = [last_horizon(series[place]) for place in range(baselines)]
        unclear = [
            member
            for member in unclear
            if not judge_one(last_horizon(series[member]), known[ADAMW], known, level / rules).clear
        ]
        if not unclear:
            break
    return [np.stack(own) for own in series]


def last_horizon(
    series: Sequence[NDArray[np.float64]] | NDArray[np.float64],
) -> NDArray[np.float64]:
    """Gives the logarithms at the last horizon, `[trials, tasks]`, of those at all."""
    return np.stack([values[-1] for values in series])
