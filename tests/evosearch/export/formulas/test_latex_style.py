"""LaTeX has fractions, roots and parentheses as tall as what they enclose."""

from __future__ import annotations

import pytest

from evosearch.export.formulas.latex_style import LATEX
from evosearch.export.formulas.symbols import Symbol
from evosearch.export.formulas.term_making import multiplied, number, raised, summed
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

X, Y = (Letter(Symbol(name, name, name, ("t",)), Rank.TENSOR) for name in "xy")
WORD = Letter(Symbol("decay", "decay", r"\mathrm{decay}"), Rank.FIXED)
HALF = multiplied([X], [Y])


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (HALF, r"\frac{x_t}{y_t}"),
        (multiplied([], [summed([X, Y])]), r"\frac{1}{x_t + y_t}"),
        (Root(HALF), r"\sqrt{\frac{x_t}{y_t}}"),
        (raised(HALF, number("2")), r"\left( \frac{x_t}{y_t} \right)^2"),
        (raised(X, number("0.3")), "x_t^{0.3}"),
        (raised(summed([X, Y]), X), "(x_t + y_t)^{x_t}"),
        (multiplied([number("2"), number("1e-99"), X]), r"2 \cdot 10^{-99} x_t"),
        (multiplied([WORD, X]), r"\mathrm{decay} \cdot x_t"),
        (Magnitude(X), r"\left| x_t \right|"),
        (Call("cosine_sim", (X, Y), Rank.LEAF), r"\operatorname{cosine\_sim}(x_t, y_t)"),
        (Call("max", (HALF, Y), Rank.TENSOR), r"\max\left( \frac{x_t}{y_t}, y_t \right)"),
        (Indicator(Comparison("!=", X, Y)), r"[x_t \ne y_t]"),
        (number("2.5e-7"), r"2.5 \cdot 10^{-7}"),
        (raised(number("1e-7"), X), r"\left( 10^{-7} \right)^{x_t}"),
        (
            multiplied([X, Cases(((X, Comparison(">=", X, Y)),), Y)]),
            r"x_t \left( \begin{cases} x_t & \text{if } x_t \ge y_t \\ y_t & \text{otherwise} "
            r"\end{cases} \right)",
        ),
    ],
)
def test_latex(term: Term, text: str) -> None:
    """As it is set in papers."""
    assert LATEX.write(term) == text
