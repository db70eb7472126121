"""An operation's term is what its row says to sympy, with nothing cancelled or worked out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy

from evosearch.export.formulas.plain_style import PLAIN
from evosearch.export.formulas.row_terms import applied, is_named
from evosearch.export.formulas.symbols import STEP, Symbol
from evosearch.export.formulas.term_making import number, summed
from evosearch.export.formulas.terms import Call, Letter, Rank, Term, rank_of
from primitives import OPERATIONS, Kind, Primitive
from tests.support.formula_reader import read_plain
from tests.support.plain_definitions import ELEMENTWISE

A, B, C = (Letter(Symbol(name, name, name), Rank.TENSOR) for name in "abc")
WEIGHT = Letter(Symbol("k", "k", "k"), Rank.FIXED)
PRIMITIVES = {name: row for name, row in OPERATIONS.items() if isinstance(row, Primitive)}
VALUES = ({"a": 0.3, "b": 0.7, "c": 0.4}, {"a": 1.5, "b": 2.0, "c": 0.9})


def row(name: str) -> Primitive:
    return PRIMITIVES[name]


def shown(name: str, *operands: Term, guarded: bool = False) -> str:
    return PLAIN.write(applied(row(name), Kind.TENSOR, guarded, operands))


@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.parametrize("name", sorted(set(PRIMITIVES) & set(ELEMENTWISE)))
def test_every_elementwise_row_reads_as_it_is_defined(name: str, guarded: bool) -> None:
    """Written, read back and worked out, at points where no special case holds."""
    text = shown(name, *(A, B, C)[: row(name).arity], guarded=guarded)
    for values in VALUES if guarded else VALUES[:1]:
        expected = ELEMENTWISE[name](*list(values.values())[: row(name).arity])
        assert read_plain(text, values) == pytest.approx(expected, rel=1e-7), text


@pytest.mark.parametrize(
    ("name", "operands", "text"),
    [
        ("divide", (A, A), "a / a"),
        ("subtract", (A, A), "a − a"),
        ("multiply", (A, A), "a a"),
        ("lerp", (A, B, number("0.9")), "0.1 a + 0.9 b"),
        ("lerp", (A, B, WEIGHT), "k b + (1 − k) a"),
        ("maximum", (number("0.5"), A), "max(a, 0.5)"),
        ("power", (A, number("0.5")), "√a"),
        ("power", (A, number("-2")), "1 / a²"),
        ("square", (summed([A, B]),), "(a + b)²"),
        ("greater_equal", (A, B), "[a ≥ b]"),
        ("where", (A, B, C), "b if a ≠ 0 else c"),
        ("arcsin", (A,), "arcsin(a)"),
        ("power", (number("10"), number("1000")), "10^1000"),
        ("numel", (), "numel()"),
    ],
)
def test_operands_are_left_as_they_are(name: str, operands: tuple[Term, ...], text: str) -> None:
    """Nothing is cancelled, no number too large for a float computed."""
    assert PLAIN.write(applied(row(name), Kind.TENSOR, False, operands)) == text


@pytest.mark.parametrize(
    ("operand", "text"),
    [
        (number("3"), "a³"),
        (number("0.3"), "|a|^0.3"),
        (Letter(STEP, Rank.STEP), "a^t"),
        (B, "a^b if mod(b, 1) = 0 else |a|^b"),
    ],
)
def test_numbers_and_the_step_settle_cases(operand: Term, text: str) -> None:
    """A power of what may be negative has two, unless the exponent is known to be whole or not."""
    assert shown("power", A, operand, guarded=True) == text


def test_a_condition_is_not_compared_with_zero() -> None:
    """Other numbers are."""
    condition = applied(row("greater"), Kind.TENSOR, False, (A, B))
    assert shown("where", condition, A, B) == "a if a > b else b"


def test_a_reduction_is_one_number_per_tensor() -> None:
    """Whatever it reduces; other operations depend on what their operands depend on."""
    assert rank_of(applied(row("mean"), Kind.LEAF, False, (A,))) is Rank.LEAF
    fixed = Letter(Symbol("h", "h", "h"), Rank.FIXED)
    assert rank_of(applied(row("exp"), Kind.SCALAR, False, (fixed,))) is Rank.FIXED


def test_what_no_notation_says_goes_by_its_name() -> None:
    """Reductions, comparisons and a user's own functions."""
    assert {name for name in PRIMITIVES if is_named(row(name))} == {
        *("sum", "mean", "rms", "norm", "dot", "cosine_sim", "numel", "global_norm"),
        *("row_mean", "column_mean", "rows", "columns"),
        *("global_dot", "greater", "greater_equal", "equal", "not_equal"),
    }
    own = replace(row("tanh"), name="own", sympy=lambda a: sympy.besselj(1, a))
    assert applied(own, Kind.TENSOR, False, (A,)) == Call("besselj", (number("1"), A), Rank.TENSOR)
