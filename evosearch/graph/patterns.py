"""Reads patterns of expressions, and finds where they match in a list of nodes.

An identity's two sides, a composite's expansion and what torch fuses are all written as an
expression of the language, and read here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from evosearch.graph.graph import CONSTANT, Node
from primitives import BUILT_IN, Composite, Primitive, Table
from primitives.primitive import LETTERS


@dataclass(frozen=True, slots=True)
class Variable:
    """Stands for any node, but for the same one wherever the name stands."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """Stands for the constant of this value."""

    value: float


@dataclass(frozen=True, slots=True)
class Application:
    """Stands for a node of this primitive whose operands match."""

    primitive: Primitive
    operands: tuple[Pattern, ...]


Pattern = Variable | Literal | Application
Bindings = Mapping[str, int]
"""The node that each variable stands for."""

_OPERATORS: Mapping[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_MIRRORED: Mapping[type[ast.AST], str] = {ast.Lt: ">", ast.LtE: ">="}
"""Comparisons that are written with their operands exchanged."""


@lru_cache(maxsize=1024)
def read_pattern(text: str, table: Table = BUILT_IN) -> Pattern:
    """Reads the pattern that an expression spells; composites in it are expanded.

    Raises:
        ValueError: it is no expression of operations of the table.
    """
    return _read(ast.parse(text.strip(), mode="eval").body, table)


def expansion(composite: Composite, table: Table = BUILT_IN) -> Pattern:
    """Gives the pattern that a composite stands for, its arguments being variables `a`, `b` …

    Raises:
        ValueError: it is no expression of operations of the table.
    """
    return read_pattern(composite.expansion, table)


def _read(node: ast.expr, table: Table) -> Pattern:
    def applied(symbol: str, *operands: ast.expr) -> Pattern:
        primitive = table.infix[symbol, len(operands)]
        return Application(primitive, tuple(_read(operand, table) for operand in operands))

    match node:
        case ast.Name(id=name):
            return Variable(name)
        case ast.Constant(value=int() | float() as value):
            return Literal(float(value))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return Literal(-float(value))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _read(operand, table)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return applied("-", operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return applied(_OPERATORS[type(op)], left, right)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
            return applied(_OPERATORS[type(op)], left, right)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _MIRRORED:
            return applied(_MIRRORED[type(op)], right, left)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            operands = tuple(_read(argument, table) for argument in arguments)
            for operation in table.spellings.get(function, ()):
                if operation.arity != len(arguments):
                    continue
                if isinstance(operation, Primitive):
                    return Application(operation, operands)
                assert isinstance(operation, Composite)
                return _substituted(
                    expansion(operation, table), dict(zip(LETTERS, operands, strict=False))
                )
    raise ValueError(f"cannot read {ast.unparse(node)!r}; expected an expression of the language")


def _substituted(pattern: Pattern, variables: Mapping[str, Pattern]) -> Pattern:
    match pattern:
        case Variable(name):
            return variables[name]
        case Application(primitive, operands):
            return Application(primitive, tuple(_substituted(o, variables) for o in operands))
        case _:
            return pattern


def _enter_any(_: int) -> bool:
    return True


def match(
    pattern: Pattern,
    nodes: Sequence[Node],
    index: int,
    bindings: Bindings,
    may_enter: Callable[[int], bool] = _enter_any,
) -> Iterator[Bindings]:
    """Yields the bindings, extending those given, for which `pattern` stands for node `index`.

    `may_enter` says which nodes an `Application` may stand for.
    """
    match pattern:
        case Variable(name):
            bound = bindings.get(name)
            if bound is None:
                yield {**bindings, name: index}
            elif bound == index:
                yield bindings
        case Literal(value):
            node = nodes[index]
            if node.op == CONSTANT and node.value == value:
                yield bindings
        case Application(primitive):
            node = nodes[index]
            if node.row is primitive and may_enter(index):
                yield from match_operands(pattern, nodes, node.operands, bindings, may_enter)


def match_operands(
    pattern: Application,
    nodes: Sequence[Node],
    operands: tuple[int, ...],
    bindings: Bindings,
    may_enter: Callable[[int], bool] = _enter_any,
) -> Iterator[Bindings]:
    """Matches, as `match` does, the operands of a node, in both orders where they commute."""
    parts = pattern.operands
    yield from _match_in_order(parts, nodes, operands, bindings, may_enter)
    if pattern.primitive.commutative:
        yield from _match_in_order(parts, nodes, operands[::-1], bindings, may_enter)


def _match_in_order(
    patterns: tuple[Pattern, ...],
    nodes: Sequence[Node],
    operands: tuple[int, ...],
    bindings: Bindings,
    may_enter: Callable[[int], bool],
) -> Iterator[Bindings]:
    if not patterns:
        yield bindings
        return
    for extended in match(patterns[0], nodes, operands[0], bindings, may_enter):
        yield from _match_in_order(patterns[1:], nodes, operands[1:], extended, may_enter)
