"""Terms as code are Python, in which they mean what they mean."""

from __future__ import annotations

import pytest

from evosearch.export.formulas.styles import CODE, Binding
from evosearch.export.formulas.symbols import Symbol
from evosearch.export.formulas.term_making import multiplied, negated, number, raised, summed
from evosearch.export.formulas.terms import (
    Call,
    Cases,
    Comparison,
    Indicator,
    Letter,
    Magnitude,
    Rank,
    Root,
    Term,
)

X, Y = (Letter(Symbol(name, name, name), Rank.TENSOR) for name in "xy")
GREATER = Comparison(">", X, Y)
CHOICE = Cases(((X, GREATER),), Y)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (summed([X, negated(Y)]), "x - y"),
        (multiplied([X, summed([X, Y])]), "(x + y)*x"),
        (multiplied([X], [X, Y]), "x/(x*y)"),
        (multiplied([], [summed([X, Y])]), "1/(x + y)"),
        (multiplied([], [raised(X, Y)]), "1/x**y"),
        (raised(negated(X), number("2")), "(-x)**2"),
        (raised(raised(X, Y), X), "(x**y)**x"),
        (raised(number("2"), summed([X, Y])), "2**(x + y)"),
        (Root(summed([X, Y])), "sqrt(x + y)"),
        (Magnitude(negated(X)), "abs(-x)"),
        (Call("max", (X, CHOICE), Rank.TENSOR), "max(x, x if x > y else y)"),
        (multiplied([X, Indicator(GREATER)]), "x*(x > y)"),
        (CHOICE, "x if x > y else y"),
        (summed([CHOICE, X]), "(x if x > y else y) + x"),
        (Cases(((X, Comparison(">", CHOICE, Y)),), Y), "x if (x if x > y else y) > y else y"),
        (negated(summed([X, Y])), "-(x + y)"),
        (negated(multiplied([X, Y])), "-x*y"),
    ],
)
def test_code(term: Term, text: str) -> None:
    """With the parentheses that Python needs, worked out by Python itself."""
    assert CODE.write(term) == text
    compile(text, "formula", "eval")


def test_a_text_that_binds_less_than_its_place_asks_has_parentheses() -> None:
    """Any other has none."""
    term = summed([X, Y])
    assert [CODE.write(term, place) for place in Binding] == ["x + y"] * 2 + ["(x + y)"] * 3
