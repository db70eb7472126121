"""Trials that were written down or drawn beforehand, so that verdicts on them can be checked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Drawn:
    """A laboratory whose logarithms of speed are known, `[trials, members, horizons, tasks]`."""

    def __init__(self, logs: Array, order: Sequence[int] = ()) -> None:
        """`order` says which of the members stands at each place; by default as they come."""
        self._logs = logs
        self._order = tuple(order) or tuple(range(logs.shape[1]))
        self.asked: list[tuple[int, ...]] = []

    def measure(self, members: Sequence[int], number: int) -> Array:
        """Gives a trial, and keeps who was asked for."""
        self.asked.append(tuple(members))
        return self._logs[number, [self._order[member] for member in members]]


def drawn(
    generator: np.random.Generator, truths: Sequence[float], trials: int, tasks: int = 3
) -> Array:
    """Logarithms of speed of members with these true ones, `[trials, members, 1, tasks]`.

    Each has normal noise of its own, which spreads by 6% and correlates by 0.3 between tasks.
    """
    size = (trials, len(truths), 1)
    shared, own = generator.normal(size=(*size, 1)), generator.normal(size=(*size, tasks))
    noise = np.log2(1.06) * (np.sqrt(0.3) * shared + np.sqrt(0.7) * own)
    return np.asarray(np.asarray(truths)[:, None, None] + noise)
