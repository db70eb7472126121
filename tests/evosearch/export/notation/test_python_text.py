"""Texts of Python mean what they meant, and look as formatters have them."""

from __future__ import annotations

import ast
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evosearch.export.notation.python_text import (
    bound,
    call,
    indented,
    literal,
    shape_text,
    tidy,
    without_parentheses,
)
from primitives import Kind

EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "2", "0.5", "1e-08"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda x: f"({x[0]} {x[1]} {x[2]})")
        | st.tuples(inner, inner).map(lambda x: f"(({x[0]}) ** ({x[1]}))")
        | inner.map(lambda x: f"(-{x})")
    ),
    max_leaves=8,
)


def value(text: str) -> float | complex:
    result: float | complex = eval(text, {}, {"a": 1.25, "b": -0.75})
    return result


@given(EXPRESSIONS)
def test_tidying_keeps_the_value(text: str) -> None:
    """Only parentheses that change nothing go."""
    try:
        expected = value(text)
    except ArithmeticError:
        assume(False)
    for shorter in (tidy(text), without_parentheses(text)):
        assert len(shorter) <= len(text)
        found = value(shorter)
        assert found == expected or (found != found and expected != expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("((a) + ((b)))", "a + b"),
        ("(beta1) ** (t)", "beta1**t"),
        ("(a.b) ** (t)", "a.b ** t"),
        ("2 ** 3 ** 4", "2**3**4"),
        ("1e-08 * a", "1e-8 * a"),
        ("0 < a", "a > 0"),
        ("1 == a", "a == 1"),
        ("a >= b", "a >= b"),
    ],
)
def test_texts_are_spaced_as_formatters_space_them(text: str, expected: str) -> None:
    """Powers of simple operands without spaces, exponents short, numbers on the right."""
    assert tidy(text) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back(x: float) -> None:
    """The shortest text of a number is still that number."""
    assert float(ast.literal_eval(literal(x))) == x
    assert len(literal(x)) <= len(repr(x))


def test_whole_numbers_have_no_point() -> None:
    """A person writes them so, unless they are large."""
    assert [literal(x) for x in (1.0, -3.0, 0.5, 1e-8, 1e6, math.pi)] == [
        "1", "-3", "0.5", "1e-8", "1000000.0", "3.141592653589793",
    ]  # fmt: skip


def test_what_is_bound_binds_tighter_than_any_operator() -> None:
    """A name needs nothing; all else gets parentheses."""
    assert bound("a") == "a"
    assert bound("a + b") == "(a + b)"


def test_lines_of_calls_and_indentation() -> None:
    """Arguments have lines of their own; empty lines stay empty."""
    lines = ["if True:", *indented(["", *call("x = max", ["1", "2"])])]
    assert lines[1] == ""
    scope: dict[str, int] = {}
    exec("\n".join(lines), scope)
    assert scope["x"] == 2


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("((a) + (b)) * (c)", "(a + b) * c"),
        ("(a) - ((b) - (c))", "a - (b - c)"),
        ("((a) - (b)) - (c)", "a - b - c"),
        ("((a) ** (b)) ** (c)", "(a ** b) ** c"),
        ("-((a) ** (b))", "-a ** b"),
        ("(-(a)) ** (b)", "(-a) ** b"),
        ("((a) > (b)) > (c)", "(a > b) > c"),
    ],
)
def test_only_needed_parentheses_are_kept(text: str, short: str) -> None:
    """Parentheses go where the order of operations says the same."""
    assert without_parentheses(text) == short


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (0, 3)])
def test_shapes_broadcast_to_the_parameters(shape: tuple[int, ...]) -> None:
    """A number for all, for each row of the matrix, for each column, or for each element."""
    scope = {"x": np.zeros(shape)}
    shapes = {kind: eval(shape_text(kind, "x"), scope) for kind in Kind}
    assert shapes[Kind.SCALAR] == shapes[Kind.LEAF] == ()
    assert shapes[Kind.TENSOR] == shape
    assert shapes[Kind.ROW] == (shape[:1] + (1,) * (len(shape) - 1) if shape else ())
    assert shapes[Kind.COLUMN] == ((1, *shape[1:]) if shape else ())
    assert np.broadcast_shapes(shape, shapes[Kind.ROW], shapes[Kind.COLUMN]) == shape
