"""Represents Python code as expressions and statements that know which names they mention.

Exporters compose these, and turn them into lines once, at the end.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from evosearch.export.notation.python_text import bound, indented, tidy
from primitives import render
from primitives.primitive import Source


@dataclass(frozen=True)
class Expression:
    """Is a Python expression, with its text as formatters write it."""

    text: str

    @property
    def tree(self) -> ast.expr:
        """Gives the syntax tree, which is not to be changed."""
        return _parsed(self.text)

    @property
    def mentions(self) -> tuple[str, ...]:
        """Lists every variable or function in the order of the text, once for each mention."""
        return _mentions(self.text)

    @property
    def chooses(self) -> bool:
        """Tells whether a part of it depends on a condition, as `a if b else c` does."""
        return any(isinstance(node, ast.IfExp) for node in ast.walk(self.tree))

    @property
    def methods(self) -> tuple[str, ...]:
        """Lists the methods called on a variable in order: `v.mul_(b).add_(g)` calls two."""
        return self._chain[1]

    @property
    def receiver(self) -> str | None:
        """Names the variable on which a chain of methods is called; None if there is no chain."""
        return self._chain[0]

    @property
    def _chain(self) -> tuple[str | None, tuple[str, ...]]:
        node: ast.expr = self.tree
        methods: list[str] = []
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            methods.insert(0, node.func.attr)
            node = node.func.value
        if methods and isinstance(node, ast.Name):
            return node.id, tuple(methods)
        return None, ()

    def substituted(self, values: Mapping[str, Expression]) -> Expression:
        """Gives the expression with others in the place of variables."""
        tree = ast.parse(self.text, mode="eval")
        return Expression(tidy(ast.unparse(_Substitution(values).visit(tree))))


@lru_cache(4096)
def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@lru_cache(4096)
def _mentions(text: str) -> tuple[str, ...]:
    names = [node for node in ast.walk(_parsed(text)) if isinstance(node, ast.Name)]
    return tuple(node.id for node in sorted(names, key=lambda n: (n.lineno, n.col_offset)))


class _Substitution(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, Expression]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self._values.get(node.id)
        return node if value is None else ast.parse(value.text, mode="eval").body


def applied(
    source: Source, operands: Sequence[Expression], floats: Sequence[bool] = ()
) -> Expression:
    """Writes the code of an operation; `floats` says which operands are Python floats."""
    return Expression(tidy(render(source, [bound(o.text) for o in operands], floats)))


def by_cases(witness: str, tensors: Expression, floats: Expression) -> Expression:
    """Makes an expression that is `tensors` where `witness` is a tensor, else `floats`."""
    if tensors == floats:
        return floats
    return Expression(
        tidy(f"({tensors.text}) if isinstance({witness}, Tensor) else ({floats.text})")
    )


@dataclass(frozen=True)
class Assign:
    """Stands for `target = value`; `annotation` is the type where a checker cannot tell it."""

    target: str
    value: Expression
    annotation: str = ""


@dataclass(frozen=True)
class Evaluate:
    """Stands for an expression that is run for what it does, as one that overwrites a tensor."""

    value: Expression


@dataclass(frozen=True)
class Increase:
    """Stands for `target += value`."""

    target: str
    value: Expression


@dataclass(frozen=True)
class Delete:
    """Stands for `del` of variables, lest what comes next take memory beside what they hold."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class If:
    """Stands for `if test:`, and `else:` where there is something to be done otherwise."""

    test: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class For:
    """Stands for `for targets in values:` and the loop's body."""

    targets: tuple[str, ...]
    values: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Return:
    """Stands for `return value`."""

    value: Expression


Statement = Assign | Evaluate | Increase | Delete | If | For | Return


@dataclass(frozen=True)
class Function:
    """Stands for a function whose arguments, each `name: type`, have lines of their own."""

    name: str
    arguments: tuple[str, ...]
    result: str
    body: tuple[Statement, ...]
    documentation: str = ""


def in_step(lists: Sequence[str]) -> Expression:
    """Writes what a loop runs through to take one element of each list at a time."""
    return Expression(lists[0] if len(lists) == 1 else f"zip({', '.join(lists)}, strict=True)")


def listed(element: Expression, names: Sequence[str], lists: Sequence[str]) -> Expression:
    """Writes a list of the values of `element` as the variables `names` run through `lists`."""
    return Expression(f"[{element.text} for {', '.join(names)} in {in_step(lists).text}]")


def mentioned(code: Iterable[Statement | Function]) -> Iterator[str]:
    """Yields every name that the code mentions, in order, as often as it is mentioned."""
    for one in code:
        match one:
            case Function(body=body):
                yield from mentioned(body)
            case Assign(target, value) | Increase(target, value):
                yield from Expression(target).mentions
                yield from value.mentions
            case Evaluate(value) | Return(value):
                yield from value.mentions
            case Delete(names):
                yield from names
            case If(test, body, otherwise):
                yield from test.mentions
                yield from mentioned((*body, *otherwise))
            case For(targets, values, body):
                for target in targets:
                    yield from Expression(target).mentions
                yield from values.mentions
                yield from mentioned(body)


def lines_of(code: Iterable[Statement | Function]) -> list[str]:
    """Renders the code as lines, however long."""
    return [line for one in code for line in _lines(one)]


def _lines(one: Statement | Function) -> list[str]:
    match one:
        case Assign(target, value, annotation):
            return [f"{target}{annotation and f': {annotation}'} = {value.text}"]
        case Increase(target, value):
            return [f"{target} += {value.text}"]
        case Evaluate(value):
            return [value.text]
        case Return(value):
            return [f"return {value.text}"]
        case Delete(names):
            return [f"del {', '.join(names)}"]
        case If(test, body, otherwise):
            rest = ["else:", *indented(lines_of(otherwise))] if otherwise else []
            return [f"if {test.text}:", *indented(lines_of(body)), *rest]
        case For(targets, values, body):
            return [f"for {', '.join(targets)} in {values.text}:", *indented(lines_of(body))]
        case Function():
            return [
                f"def {one.name}(",
                *(f"    {argument}," for argument in one.arguments),
                f") -> {one.result}:",
                *([f'    """{one.documentation}"""'] if one.documentation else []),
                *indented(lines_of(one.body)),
            ]
