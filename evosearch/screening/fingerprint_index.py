"""Finds the class of a fingerprint in expected O(1), however many classes there are.

A vector is filed under two quantised random projections and looked up in every cell that its
tolerance reaches.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from evosearch.screening.fingerprint import LENGTH, TOLERANCE, Fingerprint, near

Array = NDArray[np.float64]

_CELL = 1e-3
_PROJECTIONS = 2


@cache
def _projections() -> Array:
    directions = np.random.Generator(np.random.Philox(key=1)).standard_normal(
        (_PROJECTIONS, LENGTH)
    )
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions


Cell = tuple[int, int]
"""A cell, by its place on both axes."""


def home(fingerprint: Fingerprint) -> Cell:
    """Names the cell in which a fingerprint is filed."""
    first, second = (_projections() @ fingerprint.short / _CELL).tolist()
    return math.floor(first), math.floor(second)


def reached(fingerprint: Fingerprint) -> list[Cell]:
    """Names the cells in which all are filed that are near a fingerprint: one, two or four."""
    place = _projections() @ fingerprint.short / _CELL
    # A unit projection moves by at most the vector's distance.
    reach = TOLERANCE * np.sqrt(LENGTH) / _CELL
    first, second = (sorted({math.floor(x - reach), math.floor(x + reach)}) for x in place.tolist())
    return list(product(first, second))


class FingerprintIndex:
    """Files classes of equal fingerprints, numbered in the order in which they were first seen."""

    def __init__(self) -> None:
        self._fingerprints: list[Fingerprint] = []
        self._cells: dict[Cell, list[int]] = {}

    def __len__(self) -> int:
        return len(self._fingerprints)

    def find(self, fingerprint: Fingerprint) -> int | None:
        """Gives the class of a fingerprint, or None."""
        for cell in reached(fingerprint):
            for candidate in self._cells.get(cell, ()):
                if near(self._fingerprints[candidate], fingerprint):
                    return candidate
        return None

    def add(self, fingerprint: Fingerprint) -> int:
        """Files a fingerprint that `find` does not know, as a new class."""
        number = len(self._fingerprints)
        self._fingerprints.append(fingerprint)
        self._cells.setdefault(home(fingerprint), []).append(number)
        return number
