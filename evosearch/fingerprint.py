"""The functional hash: two rules are the same when they do the same on the probe.

The fingerprint is the probe's direction vector, `[STEPS * D]` = 160 numbers, divided by its root
mean square, so that `u` and `2u` are one class (the learning rate is tuned per class). Two
fingerprints are one class when they differ by at most `TOLERANCE` in root mean square: far above
the rounding of float64 (1e-13), so that an epsilon of 1e-8 and one of 2e-8 are the same, and below
any change that matters to training.

What it cannot tell apart: rules that differ only after step 8, at gradient magnitudes outside
about 1e-3 … 1, or by less than the tolerance.

The index finds near vectors in expected O(1): a vector is filed under two quantised random
projections and looked up in every cell that its tolerance reaches.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from evosearch.probe import SIZES, STEPS, Trace

Array = NDArray[np.float64]

TOLERANCE = 1e-5
_CELL = 1e-3
_PROJECTIONS = 2


def fingerprint(trace: Trace) -> Array:
    """`[STEPS * D]`, root mean square 1; the trace must be finite and not all zero."""
    return (trace.directions / trace.update_size).ravel()


@cache
def _projections() -> Array:
    size = STEPS * sum(SIZES)
    directions = np.random.Generator(np.random.Philox(key=1)).standard_normal((_PROJECTIONS, size))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions


class FingerprintIndex:
    """Classes of equal fingerprints, numbered in the order in which they were first seen."""

    def __init__(self) -> None:
        self._vectors: list[Array] = []
        self._cells: dict[tuple[int, ...], list[int]] = {}

    def __len__(self) -> int:
        return len(self._vectors)

    def find(self, vector: Array) -> int | None:
        """The class of a fingerprint, or None."""
        place = _projections() @ vector / _CELL
        # A unit projection moves by at most the vector's distance.
        reach = TOLERANCE * np.sqrt(len(vector)) / _CELL
        axes = [{int(np.floor(x - reach)), int(np.floor(x + reach))} for x in place]
        for cell in product(*axes):
            for candidate in self._cells.get(cell, ()):
                if np.mean(np.square(self._vectors[candidate] - vector)) <= TOLERANCE**2:
                    return candidate
        return None

    def add(self, vector: Array) -> int:
        """Files a fingerprint that `find` does not know, as a new class."""
        number = len(self._vectors)
        self._vectors.append(vector)
        cell = tuple(int(np.floor(x)) for x in _projections() @ vector / _CELL)
        self._cells.setdefault(cell, []).append(number)
        return number
