"""Plain text reads as mathematics, and in one way."""

from __future__ import annotations

import pytest

from evosearch.export.formulas.plain_style import PLAIN
from evosearch.export.formulas.symbols import Symbol
from evosearch.export.formulas.term_making import multiplied, number, raised, summed
from evosearch.export.formulas.terms import (
    Call,
    Comparison,
    Indicator,
    Letter,
    Magnitude,
    Rank,
    Root,
    Term,
)

X, Y = (Letter(Symbol(name, f"{name}_t", name), Rank.TENSOR) for name in "xy")
B = Letter(Symbol("b", "β₁", "b"), Rank.FIXED)
SINE = Call("sin", (X,), Rank.TENSOR)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (multiplied([B, X]), "β₁ x_t"),
        (multiplied([B, summed([X, Y])]), "β₁ · (x_t + y_t)"),
        (multiplied([B, SINE]), "β₁ sin(x_t)"),
        (multiplied([SINE, SINE]), "sin(x_t) sin(x_t)"),
        (multiplied([Root(X), Y]), "√x_t · y_t"),
        (multiplied([Y, Root(X)]), "y_t · √x_t"),
        (multiplied([Magnitude(X), Y]), "|x_t| · y_t"),
        (multiplied([number("2"), raised(B, X)]), "2 β₁^x_t"),
        (multiplied([raised(X, number("2")), Y]), "x_t² y_t"),
        (raised(X, number("12")), "x_t¹²"),
        (raised(X, number("0.3")), "x_t^0.3"),
        (raised(raised(X, number("2")), number("3")), "(x_t²)³"),
        (raised(Root(X), number("2")), "(√x_t)²"),
        (Root(raised(X, number("2"))), "√(x_t²)"),
        (Root(Magnitude(X)), "√|x_t|"),
        (multiplied([X], [B, Y]), "x_t / (β₁ y_t)"),
        (Indicator(Comparison(">=", X, Y)), "[x_t ≥ y_t]"),
    ],
)
def test_plain_text(term: Term, text: str) -> None:
    """A dot stands where a letter before a parenthesis would look like a function."""
    assert PLAIN.write(term) == text
