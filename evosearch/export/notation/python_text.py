"""Writes text of Python as formatters do: numbers, expressions, indentation."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import lru_cache

from evosearch.language.number_text import number
from primitives import Kind

_POWER = re.compile(r"(?<![\w.)\]])((?:[A-Za-z_]\w*)|(?:\d[\w.]*)) \*\* (-?[\w.]+)(?![\w.(\[])")
_EXPONENT = re.compile(r"(\d)e-0(\d)")


@lru_cache(4096)
def tidy(text: str) -> str:
    """Gives the expression with only the parentheses it needs, spaced as formatters space it."""
    text = ast.unparse(_Ordered().visit(ast.parse(text, mode="eval")))
    text = _EXPONENT.sub(r"\1e-\2", text)
    # Twice, because powers may share an operand.
    return _POWER.sub(r"\1**\2", _POWER.sub(r"\1**\2", text))


class _Ordered(ast.NodeTransformer):
    """Turns comparisons so that a number stands on the right."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        turned = {ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}
        turned |= {b: a for a, b in turned.items()}
        (right,) = node.comparators
        if _is_literal(node.left) and not _is_literal(right):
            return ast.Compare(right, [turned[type(node.ops[0])]()], [node.left])
        return node


def _is_literal(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant)


@lru_cache(4096)
def without_parentheses(text: str) -> str:
    """Gives the expression with only the parentheses it needs, spaced as `ast` spaces it."""
    return ast.unparse(ast.parse(text, mode="eval"))


def literal(value: float) -> str:
    """Writes a number as formatters do: `1e-8` where Python's `repr` says `1e-08`."""
    return _EXPONENT.sub(r"\1e-\2", number(value))


def shape_text(kind: Kind, parameter: str) -> str:
    """Writes the shape of a value of a kind that is kept of a parameter, and broadcasts to it.

    >>> shape_text(Kind.ROW, "p")
    '(*p.shape[:1], *(1 for _ in p.shape[1:]))'
    """
    return {
        Kind.SCALAR: "()",
        Kind.LEAF: "()",
        Kind.ROW: f"(*{parameter}.shape[:1], *(1 for _ in {parameter}.shape[1:]))",
        Kind.COLUMN: f"(*(1 for _ in {parameter}.shape[:1]), *{parameter}.shape[1:])",
        Kind.TENSOR: f"tuple({parameter}.shape)",
    }[kind]


def bound(text: str) -> str:
    """Puts the text in parentheses, unless it is a name, so that it binds most tightly."""
    return text if text.isidentifier() else f"({text})"


def indented(lines: Sequence[str], levels: int = 1) -> list[str]:
    """Moves the lines `levels` times four columns to the right; empty ones stay empty."""
    return [("    " * levels + line) if line else line for line in lines]


def call(start: str, arguments: Sequence[str]) -> list[str]:
    """Writes a call of `start` with each argument on a line of its own."""
    return [f"{start}(", *(f"    {argument}," for argument in arguments), ")"]
