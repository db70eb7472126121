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

from evosearch.probe import (
    ELEMENTS,
    LONG_SIZES,
    LONG_STEPS,
    OTHER_SIZES,
    STEPS,
    Trace,
    jumps,
    run_long,
)

Array = NDArray[np.float64]

TOLERANCE = 1e-5
_FLOOR = 1e-6
_CELL = 1e-3
_PROJECTIONS = 2
LENGTH = STEPS * (ELEMENTS + sum(OTHER_SIZES))
"""Of the part that every fingerprint has."""


def fingerprint(trace: Trace) -> Array:
    """`[LENGTH]`, and `[LONG_STEPS]` more if the rule jumps; the trace must pass the gates."""
    vector: Array = np.arcsinh(trace.everything / (_FLOOR * trace.update_size)).ravel()
    if not jumps(trace.graph):
        return vector
    sketch = _sketch(run_long(trace.graph))
    return vector if sketch is None else np.concatenate([vector, sketch])


def _sketch(directions: Array) -> Array | None:
    """`[LONG_STEPS]`: a random projection of each step's direction, all of one size.

    None where a direction is not finite.
    """
    largest = np.max(np.abs(directions))
    if largest == 0 or not np.isfinite(largest):
        return None
    scaled = directions / largest
    sizes = np.sqrt(np.mean(np.square(scaled), axis=1))
    products: Array = np.einsum("sd,sd->s", scaled, _sketch_weights())
    result: Array = products / np.maximum(sizes, _FLOOR * np.max(sizes))
    return result


@cache
def _sketch_weights() -> Array:
    shape = (LONG_STEPS, sum(LONG_SIZES))
    draw = np.random.Generator(np.random.Philox(key=2))
    weights: Array = draw.standard_normal(shape) / np.sqrt(shape[1])
    return weights


@cache
def _projections() -> Array:
    directions = np.random.Generator(np.random.Philox(key=1)).standard_normal(
        (_PROJECTIONS, LENGTH)
    )
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
        """The class of a fingerprint, or None; rather one that has all the parts it has."""
        place = _projections() @ vector[:LENGTH] / _CELL
        # A unit projection moves by at most the vector's distance.
        reach = TOLERANCE * np.sqrt(LENGTH) / _CELL
        axes = [{int(np.floor(x - reach)), int(np.floor(x + reach))} for x in place]
        found = None
        for cell in product(*axes):
            for candidate in self._cells.get(cell, ()):
                other = self._vectors[candidate]
                if (found is None or len(other) == len(vector)) and near(other, vector):
                    if len(other) == len(vector):
                        return candidate
                    found = candidate
        return found

    def add(self, vector: Array) -> int:
        """Files a fingerprint that `find` does not know, as a new class."""
        number = len(self._vectors)
        self._vectors.append(vector)
        cell = tuple(int(np.floor(x)) for x in _projections() @ vector[:LENGTH] / _CELL)
        self._cells.setdefault(cell, []).append(number)
        return number


def near(a: Array, b: Array) -> bool:
    """Whether two fingerprints are one class, by the parts that both have."""
    if _differ(a[:LENGTH], b[:LENGTH]):
        return False
    return len(a) != len(b) or not _differ(a[LENGTH:], b[LENGTH:])


def _differ(a: Array, b: Array) -> bool:
    return len(a) > 0 and bool(np.mean(np.square(a - b)) > TOLERANCE**2)
