"""Says what is known of a value from its making: the number it is, the range it lies in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from primitives import Primitive, Range

_CANCELLED = 1e-13
"""What is left of two numbers where they cancel but for the rounding of how they were computed."""


def folded(primitive: Primitive, values: Sequence[float | None]) -> float | None:
    """Gives the number that a primitive of numbers is; None where not all are known.

    None too if it is not finite, or if the primitive counts elements.
    """
    numbers = [value for value in values if value is not None]
    if primitive.reduces or not numbers or len(numbers) < len(values):
        return None
    with np.errstate(all="ignore"):
        value = float(primitive.numpy(*map(np.float64, numbers)))
    if not np.isfinite(value):
        return None
    sums = primitive.scaled_together == (0, 1)
    return 0.0 if sums and abs(value) < _CANCELLED * min(map(abs, numbers)) else value


def intersection(a: Range, b: Range) -> Range:
    """Gives the range of what lies in both."""
    low, low_open = max((a.low, a.low_open), (b.low, b.low_open))
    high, high_closed = min((a.high, not a.high_open), (b.high, not b.high_open))
    return Range(low, high, low_open, not high_closed)
