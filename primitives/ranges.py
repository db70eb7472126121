"""Computes sound intervals, in single and double precision, of the values a result can take.

The exporter and the trainer read them to leave out guards that can never act (the division in
`m / (sqrt(v) + eps)` needs none). "Sound" includes rounding: a product of positive numbers may
underflow, so its interval is closed at zero, whereas `x + c` with `x >= 0`, `c > 0` stays
positive in any precision that can hold `c`. Where an operation rounds correctly its ends are
moved out to where single precision rounds them, which is enough because rounding keeps order.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

_SMALLEST_NORMAL_FLOAT32 = 1.1754943508222875e-38
_LARGEST_FLOAT32 = 3.4028234663852886e38
_SLACK = 1e-6
"""A bound above the relative error of any function in single precision."""


@dataclass(frozen=True, slots=True)
class Range:
    """Is the interval from `low` to `high`; an open end is not attained."""

    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False

    @property
    def nonnegative(self) -> bool:
        return self.low >= 0

    @property
    def nonzero(self) -> bool:
        """Tells whether zero can never occur."""
        above = self.low > 0 or (self.low == 0 and self.low_open)
        below = self.high < 0 or (self.high == 0 and self.high_open)
        return above or below

    def within(self, low: float, high: float) -> bool:
        """Tells whether every value lies in [low, high]."""
        return self.low >= low and self.high <= high


ANY = Range()
NONNEGATIVE = Range(0.0, inf)
UNIT = Range(0.0, 1.0)
ZERO = Range(0.0, 0.0)


def _precisions(value: float) -> tuple[float, float]:
    """Gives the ends between which both precisions hold `value`; single may flush it to zero."""
    size = abs(value)
    if 0 < size < _SMALLEST_NORMAL_FLOAT32:
        ends = 0.0, _SMALLEST_NORMAL_FLOAT32
    elif size > _LARGEST_FLOAT32:
        ends = _LARGEST_FLOAT32, inf
    else:
        (single,) = struct.unpack("f", struct.pack("f", size))
        ends = min(size, single), max(size, single)
    return ends if value >= 0 else (-ends[1], -ends[0])


def _rounded(low: float, high: float, low_open: bool = False, high_open: bool = False) -> Range:
    """Makes the range of a correctly rounded result whose exact value has these ends."""
    return Range(_precisions(low)[0], _precisions(high)[1], low_open, high_open)


def loosened(low: float, high: float, low_open: bool = False, high_open: bool = False) -> Range:
    """Makes the range of a result with a few roundings, none of which takes it past -1, 0 or 1."""
    return Range(
        low if abs(low) in (0, 1, inf) else low - _SLACK * abs(low),
        high if abs(high) in (0, 1, inf) else high + _SLACK * abs(high),
        low_open,
        high_open,
    )


def constant(value: float) -> Range:
    """Makes the range of a literal, which single precision rounds, and may flush to zero."""
    return _rounded(value, value)


def hull(a: Range, b: Range) -> Range:
    """Finds the smallest range that holds both."""
    low, low_open = min((a.low, a.low_open), (b.low, b.low_open))
    high, high_closed = max((a.high, not a.high_open), (b.high, not b.high_open))
    return Range(low, high, low_open, not high_closed)


def add(a: Range, b: Range) -> Range:
    low, high = a.low + b.low, a.high + b.high
    return _rounded(
        -inf if low != low else low,
        inf if high != high else high,
        # Rounding can make an open end attained, except at zero: a sum of a nonnegative and a
        # positive number is at least as large as the larger of them.
        low == 0 and (a.low_open or b.low_open),
        high == 0 and (a.high_open or b.high_open),
    )


def negative(a: Range) -> Range:
    return Range(-a.high, -a.low, a.high_open, a.low_open)


def subtract(a: Range, b: Range) -> Range:
    # x - y is zero in floating point only if x equals y, so an end at zero stays open.
    return add(a, negative(b))


def multiply(a: Range, b: Range) -> Range:
    ends = [0.0 if 0.0 in (x, y) else x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return _rounded(min(ends), max(ends))


def absolute(a: Range) -> Range:
    if a.low >= 0:
        return a
    if a.high <= 0:
        return negative(a)
    return Range(0.0, max(-a.low, a.high))


def maximum(a: Range, b: Range) -> Range:
    low, low_open = max((a.low, a.low_open), (b.low, b.low_open))
    high, closed = max((a.high, not a.high_open), (b.high, not b.high_open))
    return Range(low, high, low_open, not closed)


def minimum(a: Range, b: Range) -> Range:
    return negative(maximum(negative(a), negative(b)))


def power(base: Range, exponent: Range) -> Range:
    """Bounds a power; knows one case that matters, such as `beta ** t` with `beta` in [0, 1)."""
    if base.within(0.0, 1.0) and exponent.low >= 1:
        return Range(0.0, base.high, high_open=base.high_open)
    if base.nonnegative:
        return NONNEGATIVE
    return ANY


def lerp(a: Range, b: Range, weight: Range) -> Range:
    """Bounds an interpolation, by its ends where the weight lies in [0, 1].

    With any other weight the result can be anything, except between zeros, where it is zero.
    """
    if a == b == ZERO:
        return ZERO
    if weight.within(0.0, 1.0):
        both = hull(a, b)
        return loosened(both.low, both.high)
    return ANY


def increasing(function: Callable[[float], float]) -> Callable[[Range], Range]:
    """Makes the rule that bounds a non-decreasing function with f(x) = 0 only at x = 0."""

    def apply(a: Range) -> Range:
        low, high = function(a.low), function(a.high)
        return loosened(low, high, low == 0 and a.low_open, high == 0 and a.high_open)

    return apply


def of_signs(*arguments: Range) -> Range:
    """Bounds a result that is zero where an argument is zero, and nonnegative where all are."""
    if ZERO in arguments:
        return ZERO
    return NONNEGATIVE if all(a.nonnegative for a in arguments) else ANY


def magnitude(a: Range) -> Range:
    """Bounds a result that is nonnegative, and zero where `a` is zero."""
    return ZERO if a == ZERO else NONNEGATIVE


def sign(a: Range) -> Range:
    """Bounds the sign by the signs of the ends; only zero has the sign zero."""
    return increasing(lambda x: math.copysign(1.0, x) if x else 0.0)(a)


def always(result: Range) -> Callable[..., Range]:
    """Makes the rule of a primitive whose result lies in `result`, whatever its arguments."""
    return lambda *_: result
