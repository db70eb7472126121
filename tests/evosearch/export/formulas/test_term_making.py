"""Terms are ordered as a person writes them, and mean what they meant."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from evosearch.export.formulas.plain_style import PLAIN
from evosearch.export.formulas.symbols import Symbol
from evosearch.export.formulas.term_making import multiplied, negated, number, raised, summed
from evosearch.export.formulas.terms import Letter, Negative, Number, Power, Rank, Root, Term

_RANKS = {"b": Rank.FIXED, "t": Rank.STEP, "l": Rank.LEAF, "x": Rank.TENSOR, "o": Rank.TENSOR}


def letter(name: str) -> Letter:
    return Letter(Symbol(name, name, name), _RANKS[name], old=name == "o")


B, T, L, X, OLD = map(letter, "btlxo")
ONE = number("1")
MADE = tuple[Term, sympy.Expr]


def written(term: Term) -> str:
    return PLAIN.write(term)


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ([multiplied([summed([ONE, negated(B)]), X]), multiplied([B, OLD])], "b o + (1 − b) x"),
        ([ONE, X], "x + 1"),
        ([negated(B), ONE], "1 − b"),
        ([B, T, L, X, OLD], "o + x + l + t + b"),
        ([negated(X), OLD], "o − x"),
        ([negated(X), negated(OLD)], "−o − x"),
        ([summed([ONE, negated(B)]), negated(summed([B, ONE]))], "−b − b"),
        ([number("0.9"), number("-0.9")], "0"),
        ([number("1"), number("-0.999")], "0.001"),
        ([number("1e-9"), number("2e-9"), B], "b + 3e-9"),
    ],
)
def test_sums(terms: list[Term], text: str) -> None:
    """An old state comes first, then tensors, constants last; what is subtracted at the end."""
    assert written(summed(terms)) == text


@pytest.mark.parametrize(
    ("factors", "divisors", "text"),
    [
        ([X, L, T, B, number("2")], [], "2 b t l x"),
        ([X, summed([ONE, negated(B)])], [], "(1 − b) x"),
        ([B, summed([ONE, negated(B)])], [], "b · (1 − b)"),
        ([negated(X), negated(B)], [], "b x"),
        ([negated(X)], [], "−x"),
        ([X], [multiplied([B], [T])], "t x / b"),
        ([multiplied([X], [B])], [T], "x / (b t)"),
        ([], [X], "1 / x"),
        ([X], [X], "x / x"),
        ([number("0.5"), number("4")], [number("2"), B], "2 / (2 b)"),
        ([ONE, X], [ONE], "x"),
    ],
)
def test_products(factors: list[Term], divisors: list[Term], text: str) -> None:
    """Numbers and constants come first; a quotient is not cancelled."""
    assert written(multiplied(factors, divisors)) == text


def test_powers() -> None:
    """A half is a root, a negative exponent a quotient, one is nothing."""
    assert raised(X, number("0.5")) == Root(X)
    assert raised(X, number("1")) == X
    assert raised(X, number("3")) == Power(X, Number(Fraction(3)))
    assert written(raised(X, number("-2"))) == "1 / x²"
    assert written(raised(B, negated(T))) == "1 / b^t"


def test_signs() -> None:
    """Two of them are none; zero has none."""
    assert negated(negated(X)) == X
    assert negated(number("0")) == number("0")
    assert number("-0.25") == Negative(Number(Fraction(1, 4)))


def test_numbers_that_are_no_floats_are_left_apart() -> None:
    """As their product would be infinite."""
    huge = number("1e200")
    assert written(multiplied([huge, huge, X])) == "1e+200 · 1e+200 x"


def values(depth: int = 3) -> st.SearchStrategy[MADE]:
    """A term, and independently what it means, by sympy."""
    symbols = {name: sympy.Symbol(name) for name in "btlxo"}
    leaves = st.one_of(
        st.sampled_from("btlxo").map(lambda name: (letter(name), symbols[name])),
        st.sampled_from(["0.5", "2", "-3", "0.1", "1"]).map(
            lambda text: (number(text), sympy.Rational(text))
        ),
    )

    def grown(inner: st.SearchStrategy[MADE]) -> st.SearchStrategy[MADE]:
        several = st.lists(inner, min_size=1, max_size=3)
        return st.one_of(
            inner.map(lambda a: (negated(a[0]), -a[1])),
            several.map(lambda a: (summed(x for x, _ in a), sympy.Add(*(y for _, y in a)))),
            st.tuples(several, inner).map(
                lambda a: (
                    multiplied([x for x, _ in a[0]], [a[1][0]]),
                    sympy.Mul(*(y for _, y in a[0])) / a[1][1],
                )
            ),
            inner.map(lambda a: (raised(a[0], number("2")), a[1] ** 2)),
        )

    return st.recursive(leaves, grown, max_leaves=depth * 3)


@given(values())
def test_terms_mean_what_they_are_made_of(made: MADE) -> None:
    """Read back from the text and worked out by sympy at a point, for any nest of operations."""
    from tests.support.formula_reader import read_plain

    term, expected = made
    point = {"b": 0.7, "t": 3.0, "l": -1.3, "x": 2.1, "o": -0.4}
    assume(not expected.has(sympy.zoo, sympy.nan))
    wanted = complex(expected.subs(point).evalf(30))
    assume(1e-6 < abs(wanted) < 1e6)
    assert read_plain(written(term), point) == pytest.approx(wanted.real, rel=1e-6)
