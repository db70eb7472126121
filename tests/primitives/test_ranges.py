"""A result always lies in the range computed from its arguments' ranges, in both precisions."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from primitives import PRIMITIVES, NumpySegments, Primitive, Range, TorchSegments
from primitives.ranges import ANY, constant, hull

BOUND = 2.0**100
"""Finite arguments stay below it, so that most results do not overflow."""
SPECIAL = (0.0, 1.0, -1.0, 0.5, -0.25, -0.7, 0.1, 0.9, 3.0, 1e-30, -1e-40)


def holds(value: float, interval: Range) -> bool:
    """Whether `value` lies in `interval`."""
    above = value > interval.low if interval.low_open else value >= interval.low
    below = value < interval.high if interval.high_open else value <= interval.high
    return above and below


def single(value: float) -> float:
    """The nearest number of single precision."""
    return torch.tensor(value, dtype=torch.float64).float().item()


def numbers(width: int) -> st.SearchStrategy[float]:
    """Numbers of single or double precision."""
    special = SPECIAL if width == 64 else tuple(map(single, SPECIAL))
    return (
        st.sampled_from(special)
        | st.floats(-2, 2, width=width)
        | st.floats(-BOUND, BOUND, width=width)
    )


@st.composite
def ranges_of(draw: st.DrawFn, values: list[float]) -> Range:
    """A range that holds `values`."""
    least, largest = min(values), max(values)
    if least == largest and draw(st.booleans()):
        return Range(least, largest)
    low = draw(st.sampled_from([least, -math.inf, *(v for v in SPECIAL if v < least)]))
    high = draw(st.sampled_from([largest, math.inf, *(v for v in SPECIAL if v > largest)]))
    return Range(
        low, high, low < least and draw(st.booleans()), high > largest and draw(st.booleans())
    )


@st.composite
def corners(draw: st.DrawFn, width: int) -> tuple[Range, list[float]]:
    """A range with ends among the special numbers, and numbers as near to its ends as can be."""
    dtype = np.float32 if width == 32 else np.float64
    special = sorted(map(float, np.array(SPECIAL, dtype=dtype)))
    low, high = sorted(
        draw(st.lists(st.sampled_from(special), min_size=2, max_size=2, unique=True))
    )
    interval = Range(low, high, draw(st.booleans()), draw(st.booleans()))
    least = np.nextafter(dtype(low), dtype(high)) if interval.low_open else low
    largest = np.nextafter(dtype(high), dtype(low)) if interval.high_open else high
    ends = st.sampled_from([float(least), float(largest)])
    return interval, draw(st.lists(ends, min_size=3, max_size=3))


@st.composite
def arguments(draw: st.DrawFn, width: int, most: float) -> tuple[Range, list[float]]:
    """A range and three numbers in it; often a point, or a decay rate where `most` is 1."""
    triple = st.lists(numbers(width), min_size=3, max_size=3)
    point = numbers(width).map(lambda x: [x] * 3)
    shares = st.lists(st.floats(0, 1, width=width), min_size=3, max_size=3)
    values = draw(shares if most == 1 and draw(st.booleans()) else triple | point)
    return draw(ranges_of(values)), values


def applications(row: Primitive, width: int) -> st.SearchStrategy[tuple[Any, ...]]:
    """Draws for each argument of `row` a range and three numbers in it."""
    return st.tuples(
        *(
            arguments(width, 1.0 if position == row.decay_position else BOUND) | corners(width)
            for position in range(row.arity)
        )
    )


def forms(row: Primitive, width: int) -> list[Callable[..., Any]]:
    """What computes `row` in a precision."""
    form = row.guarded.torch if row.guarded else row.torch
    dtype = torch.float32 if width == 32 else torch.float64

    def in_torch(*arguments: list[float]) -> list[float]:
        given = [torch.tensor(argument, dtype=dtype) for argument in arguments]
        result = form(TorchSegments((3,), dtype), *given) if row.reduces else form(*given)
        return list(result.double().tolist())

    def in_numpy(*arguments: list[float]) -> list[float]:
        given = [np.array(argument) for argument in arguments]
        with np.errstate(all="ignore"):
            result = row.numpy(NumpySegments((3,)), *given) if row.reduces else row.numpy(*given)
        return list(result.tolist())

    return [in_torch] if width == 32 else [in_torch, in_numpy]


@pytest.mark.parametrize("width", [32, 64], ids=["single", "double"])
@pytest.mark.parametrize("row", PRIMITIVES.values(), ids=lambda row: row.name)
def test_result_lies_in_the_range(row: Primitive, width: int) -> None:
    """A finite result lies in the range of the result, whatever the arguments' ranges are."""

    @settings(max_examples=20)
    @given(applications(row, width))
    def check(case: tuple[tuple[Range, list[float]], ...]) -> None:
        intervals, values = zip(*case, strict=True) if case else ((), ())
        claimed = row.range(*intervals)
        for form in forms(row, width):
            for result in form(*values):
                assert not math.isfinite(result) or holds(result, claimed), (claimed, result)

    check()


@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(-2, 2))
def test_constant_holds_the_number_in_both_precisions(value: float) -> None:
    """The range of a literal holds it, and what single precision makes of it."""
    assert holds(value, constant(value))
    assert holds(single(value), constant(value))
    if abs(value) < 1e-38:
        assert holds(0.0, constant(value))


@given(st.data(), numbers(64), numbers(64))
def test_hull_holds_both(data: st.DataObject, a: float, b: float) -> None:
    """The hull holds every number of either range, and its ends are ends of one of them."""
    first, second = data.draw(ranges_of([a])), data.draw(ranges_of([b]))
    both = hull(first, second)
    assert holds(a, both)
    assert holds(b, both)
    assert {both.low, both.high} <= {first.low, first.high, second.low, second.high}


@given(st.data(), numbers(64))
def test_properties_speak_of_every_number(data: st.DataObject, value: float) -> None:
    """`nonzero`, `nonnegative` and `within` are true only of ranges whose numbers are so."""
    interval = data.draw(ranges_of([value]))
    assert value != 0 or not interval.nonzero
    assert value >= 0 or not interval.nonnegative
    assert -1 <= value <= 2 or not interval.within(-1.0, 2.0)


POSITIVE = Range(0.0, math.inf, low_open=True)


@pytest.mark.parametrize(
    ("name", "arguments", "nonnegative", "nonzero"),
    [
        ("add", (Range(0.0), constant(1e-8)), True, True),
        ("add", (Range(0.0), POSITIVE), True, True),
        ("subtract", (constant(1.0), Range(0.0, 1.0, high_open=True)), True, True),
        ("subtract", (constant(1.0), Range(0.0, 1.0)), True, False),
        ("power", (Range(0.0, 1.0, high_open=True), Range(1.0)), True, False),
        ("square", (ANY,), True, False),
        ("sqrt", (POSITIVE,), True, True),
        ("maximum", (ANY, constant(1e-3)), True, True),
        ("minimum", (ANY, constant(-1e-3)), False, True),
        ("lerp", (Range(0.0), Range(0.0), constant(0.9)), True, False),
        ("multiply", (constant(1e-30), constant(1e-30)), True, False),
        ("rms", (ANY,), True, False),
        ("log", (POSITIVE,), False, False),
    ],
)
def test_range_knows_what_guards_ask(
    name: str, arguments: tuple[Range, ...], nonnegative: bool, nonzero: bool
) -> None:
    """The signs that decide about guards are found in the expressions that rules use."""
    result = PRIMITIVES[name].range(*arguments)
    assert (result.nonnegative, result.nonzero) == (nonnegative, nonzero)
