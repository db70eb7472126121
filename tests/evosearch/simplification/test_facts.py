"""What is known of values is true of them."""

import math

import pytest

from evosearch.simplification.facts import folded, intersection
from primitives import INFIX, PRIMITIVES
from primitives.ranges import ANY, Range


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("multiply", [3.0, 4.0], 12.0),
        ("divide", [3.0, 0.0], 0.0),
        ("exp", [1.0], math.e),
        ("lerp", [1.0, 3.0, 0.25], 1.5),
        ("subtract", [0.3, 0.1 + 0.2], 0.0),
        ("add", [1.0, 1e-20], 1.0),
    ],
)
def test_a_primitive_of_numbers_is_a_number(name: str, values: list[float], wanted: float) -> None:
    """Guards hold, and what is left of a cancellation by rounding alone is zero."""
    assert folded(PRIMITIVES[name], values) == pytest.approx(wanted, abs=0)


def test_nothing_is_folded_that_is_not_a_number() -> None:
    """Neither what has an unknown operand, nor what overflows, nor a count of elements."""
    assert folded(INFIX["+", 2], [1.0, None]) is None
    assert folded(PRIMITIVES["exp"], [1e4]) is None
    assert folded(PRIMITIVES["sum"], [1.0]) is None
    assert folded(PRIMITIVES["numel"], []) is None


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        (ANY, Range(0.0, 1.0), Range(0.0, 1.0)),
        (Range(0.0, 2.0), Range(0.0, 3.0, low_open=True), Range(0.0, 2.0, low_open=True)),
        (Range(-1.0, 2.0, high_open=True), Range(1.0, 2.0), Range(1.0, 2.0, high_open=True)),
    ],
)
def test_intersection_holds_what_both_hold(a: Range, b: Range, wanted: Range) -> None:
    """An end is open if it is so in either that has it."""
    assert intersection(a, b) == intersection(b, a) == wanted
