"""Statements know the names they mention, and their lines are the Python that they stand for."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from evosearch.export.notation.code import (
    Assign,
    Delete,
    Evaluate,
    Expression,
    For,
    Function,
    If,
    Increase,
    Return,
    Statement,
    applied,
    by_cases,
    in_step,
    lines_of,
    listed,
    mentioned,
)

X, Y = Expression("x"), Expression("y + 1")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x.add_(y, alpha=z)", ("x", "y", "z")),
        ("b - a - b", ("b", "a", "b")),
        ("f(x) if isinstance(w, Tensor) else y", ("f", "x", "isinstance", "w", "Tensor", "y")),
        ("[t for t in ts]", ("t", "t", "ts")),
        ("x.y.z", ("x",)),
        ("'x'", ()),
    ],
)
def test_mentions_are_names_in_order(text: str, names: tuple[str, ...]) -> None:
    """Variables and functions count, attributes, keywords and texts do not."""
    assert Expression(text).mentions == names


@pytest.mark.parametrize(
    ("text", "receiver", "methods"),
    [
        ("v.mul_(b).add_(g)", "v", ("mul_", "add_")),
        ("v", None, ()),
        ("f(v)", None, ()),
        ("(v + 1).sqrt()", None, ()),
        ("torch.tensor(1).sqrt()", "torch", ("tensor", "sqrt")),
    ],
)
def test_chains_of_methods(text: str, receiver: str | None, methods: tuple[str, ...]) -> None:
    """A chain starts from a variable; what is called on anything else is none."""
    assert Expression(text).receiver == receiver
    assert Expression(text).methods == methods


def test_choosing_is_seen_at_any_depth() -> None:
    """A condition within a call counts."""
    assert Expression("f(a if b else c)").chooses
    assert not Expression("f(a, b, c)").chooses


@pytest.mark.parametrize("template", ["{0} - {1}", "1 - {1}", "{0} / {1} * {0}", "{1}.sqrt()"])
@pytest.mark.parametrize("operands", [("a + b", "a - b"), ("a", "-b"), ("a * b", "a if b else 2")])
def test_operands_are_taken_as_wholes(template: str, operands: tuple[str, str]) -> None:
    """Whatever an operand is made of, it binds tighter than what it stands in."""
    value = applied(template, [Expression(operand) for operand in operands])
    expected = ast.parse(template.format(*(f"({operand})" for operand in operands)), mode="eval")
    assert ast.dump(value.tree) == ast.dump(expected.body)


def test_substitution_keeps_the_meaning() -> None:
    """A variable's place is taken by the whole of an expression, wherever it is mentioned."""
    value = Expression("x * x.sqrt()").substituted({"x": Expression("a + b")})
    assert eval(value.text.replace(".sqrt()", "**0.5"), {"a": 3, "b": 6}) == 27
    assert Expression("y.x").substituted({"x": Y}).text == "y.x"


def test_cases_are_one_where_they_are_alike() -> None:
    """Code that serves floats and tensors needs no question."""
    assert by_cases("t", X, X) == X
    value = by_cases("t", Expression("1"), Expression("2 if a else 3"))
    namespace: dict[str, Any] = {"Tensor": str}
    assert eval(value.text, namespace, {"t": "a tensor", "a": True}) == 1
    assert eval(value.text, namespace, {"t": 0.5, "a": False}) == 3


PROGRAM: tuple[Statement | Function, ...] = (
    Function(
        "totals",
        ("xs: list[int]", "ys: list[int]", "*", "positive: bool"),
        "list[int]",
        (
            Assign("sums", Expression("[]"), "list[int]"),
            For(
                ("x", "y"),
                in_step(["xs", "ys"]),
                (
                    Assign("s", Expression("x * y")),
                    Increase("s", Expression("1")),
                    If(
                        Expression("positive and s < 0"),
                        (Evaluate(Expression("sums.append(0)")),),
                        (Evaluate(Expression("sums.append(s)")),),
                    ),
                    Delete(("s",)),
                ),
            ),
            Return(listed(Expression("2 * s"), ["s"], ["sums"])),
        ),
        documentation="Sums of products.",
    ),
)


def test_lines_are_the_python_that_statements_stand_for() -> None:
    """Every kind of statement, executed."""
    namespace: dict[str, Any] = {}
    exec("\n".join(lines_of(PROGRAM)), namespace)
    totals = namespace["totals"]
    assert totals([1, -2], [3, 4], positive=True) == [8, 0]
    assert totals([1, -2], [3, 4], positive=False) == [8, -14]
    assert totals.__doc__ == "Sums of products."


def test_what_code_mentions_is_what_pythons_own_parser_sees() -> None:
    """All names of the lines, in the order in which they stand there."""
    (function,) = ast.parse("\n".join(lines_of(PROGRAM))).body
    assert isinstance(function, ast.FunctionDef)
    names = [n for statement in function.body for n in ast.walk(statement)]
    placed = sorted(
        (n.lineno, n.col_offset, n.id)
        for n in names
        if isinstance(n, ast.Name) and n.id not in ("list", "int")
    )
    assert list(mentioned(PROGRAM)) == [name for _, _, name in placed]
