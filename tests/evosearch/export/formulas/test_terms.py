"""Terms know what they are made of, and on what they depend."""

from __future__ import annotations

import pytest

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
    parts_of,
    rank_of,
)

B = Letter(Symbol("b", "b", "b"), Rank.FIXED)
T = Letter(Symbol("t", "t", "t"), Rank.STEP)
X = Letter(Symbol("x", "x", "x"), Rank.TENSOR)
ONE = number("1")
GREATER = Comparison(">", X, B)


@pytest.mark.parametrize(
    ("term", "parts"),
    [
        (ONE, []),
        (X, []),
        (negated(X), [X]),
        (Root(X), [X]),
        (Magnitude(T), [T]),
        (Indicator(GREATER), [GREATER]),
        (GREATER, [X, B]),
        (summed([X, B]), [X, B]),
        (multiplied([B, X], [T]), [B, X, T]),
        (raised(X, B), [X, B]),
        (Call("max", (X, T), Rank.TENSOR), [X, T]),
        (Cases(((X, GREATER),), ONE), [X, GREATER, ONE]),
    ],
)
def test_parts(term: Term, parts: list[Term]) -> None:
    """Every operand is listed, in order."""
    assert list(parts_of(term)) == parts


@pytest.mark.parametrize(
    ("term", "rank"),
    [
        (ONE, Rank.NUMBER),
        (negated(ONE), Rank.NUMBER),
        (summed([ONE, negated(B)]), Rank.FIXED),
        (raised(B, T), Rank.STEP),
        (multiplied([B], [X]), Rank.TENSOR),
        (Call("norm", (X,), Rank.LEAF), Rank.LEAF),
        (Cases(((ONE, Comparison(">", T, ONE)),), ONE), Rank.STEP),
    ],
)
def test_a_term_depends_on_what_its_parts_depend(term: Term, rank: Rank) -> None:
    """The condition of a choice among them; a reduction says for itself how many numbers it is."""
    assert rank_of(term) is rank
