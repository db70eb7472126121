"""Exact identities as a table: one line of algebra each.

Each holds for every finite input by the primitives' definitions (guards included), rounding,
signed zeros and overflow aside; `tests/evosearch/test_identities.py` tries each on zeros, tiny
and huge numbers. What holds only where nothing underflows (`sqrt(square(x)) -> abs(x)`) is left
out.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from evosearch.graph.graph import CONSTANT, Node
from primitives import COMPOSITES, INFIX, PRIMITIVES, SPELLINGS, Range
from primitives.primitive import LETTERS

_SAME = "same"
"""The trigger of an identity between equal operands."""

_ALGEBRA = """
    identity(x) -> x

    x + 0 -> x
    x + -y -> x - y
    x - 0 -> x
    0 - x -> -x
    x - x -> 0
    x - -y -> x + y
    -x - y -> -(x + y)
    -(-x) -> x
    -(x - y) -> y - x
    (x > 0) - (0 > x) -> sign(x)
    1 - (x > y) -> y >= x
    1 - (x >= y) -> y > x
    1 - (x == y) -> x != y
    1 - (x != y) -> x == y

    x * 0 -> 0
    x * 1 -> x
    x * -1 -> -x
    x * x -> square(x)
    x * square(x) -> cube(x)
    -x * y -> -(x * y)
    reciprocal(x) * reciprocal(y) -> reciprocal(x * y)
    x * reciprocal(y) -> x / y
    x * sign(x) -> abs(x)
    abs(x) * sign(x) -> x

    0 / x -> 0
    x / 0 -> 0
    x / 1 -> x
    x / -1 -> -x
    1 / x -> reciprocal(x)
    -x / y -> -(x / y)
    x / -y -> -(x / y)
    x / reciprocal(y) -> x * y
    x / abs(x) -> sign(x)
    abs(x) / x -> sign(x)
    reciprocal(reciprocal(x)) -> x

    x ** 0 -> 1
    x ** 1 -> x
    x ** 2 -> square(x)
    x ** 3 -> cube(x)
    x ** 0.5 -> sqrt(x)
    x ** -1 -> reciprocal(x)
    1 ** x -> 1

    square(sqrt(x)) -> abs(x)

    lerp(x, x, a) -> x
    lerp(x, y, 0) -> x
    lerp(x, y, 1) -> y

    max(x, x) -> x
    min(x, x) -> x
    max(x, -x) -> abs(x)
    min(x, -x) -> -abs(x)
    x > x -> 0
    x - y > 0 -> x > y
    0 > x - y -> y > x
    -x > -y -> y > x
    -x >= -y -> y >= x
    abs(x) > 0 -> x != 0
    x - y == 0 -> x == y
    x - y != 0 -> x != y
    abs(sign(x)) -> x != 0
    square(sign(x)) -> x != 0
    x >= x -> 1
    x == x -> 1
    x != x -> 0
    where(c, x, x) -> x
    where(0, x, y) -> y
    where(x > y, x, y) -> max(x, y)
    where(x > y, y, x) -> min(x, y)
    where(x >= y, x, y) -> max(x, y)
    where(x >= y, y, x) -> min(x, y)
    where(x > 0, x, -x) -> abs(x)
    where(x == 0, y, z) -> where(x, z, y)
    where(x != 0, y, z) -> where(x, y, z)
    where(x, 1, 0) -> x != 0
    where(x, 0, 1) -> x == 0
"""

_CONDITIONAL: tuple[tuple[str, Callable[[Range], bool]], ...] = (
    ("abs(x) -> x", lambda x: x.nonnegative),
    ("sign(x) -> 1", lambda x: x.nonnegative and x.nonzero),
    ("where(x, y, z) -> y", lambda x: x.nonzero),
)
"""Identities that need `x` to lie in a certain range."""


class Builder(Protocol):
    """What rewriting asks of the maker of nodes; `evosearch.graph.builder.GraphBuilder` is one."""

    nodes: list[Node]

    def constant(self, value: float) -> int:
        """The node of a number."""

    def range(self, index: int) -> Range:
        """The values a node can take."""

    def apply(self, op: str, operands: Sequence[int]) -> int:
        """The node of a primitive of other nodes, simplified."""


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    value: float


@dataclass(frozen=True, slots=True)
class Application:
    op: str
    operands: tuple[Pattern, ...]


Pattern = Variable | Literal | Application
Bindings = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Identity:
    """`left` may be replaced by `right` where `condition` holds of the range of `x`."""

    text: str
    left: Application
    right: Pattern
    condition: Callable[[Range], bool] | None = None

    @property
    def trigger(self) -> object:
        """What must be seen of the operands before matching is worth while.

        The operation of one of them, a constant among them, that two are the same, or nothing.
        """
        for operand in self.left.operands:
            if isinstance(operand, Application):
                return operand.op
        for operand in self.left.operands:
            if isinstance(operand, Literal):
                return operand.value
        return _SAME if len(set(self.left.operands)) < len(self.left.operands) else None


def expand(builder: Builder, op: str, operands: Sequence[int]) -> int:
    """The node of a composite operation of these nodes."""
    return _build(builder, expansion(op), dict(zip(LETTERS, operands, strict=False)))


@cache
def expansion(op: str) -> Pattern:
    """What a composite stands for, in variables `a`, `b` … for its arguments.

    Raises:
        ValueError: it is no expression of known operations.
    """
    return _pattern(ast.parse(COMPOSITES[op].expansion, mode="eval").body)


def rewrite(builder: Builder, op: str, operands: tuple[int, ...]) -> int | None:
    """The node that an identity gives for `op` of these nodes; None where none applies."""
    for identity in _triggered(builder, op, operands):
        for bindings in _match_operands(builder, identity.left, operands, {}):
            if identity.condition and not identity.condition(builder.range(bindings["x"])):
                continue
            return _build(builder, identity.right, bindings)
    return None


def _triggered(builder: Builder, op: str, operands: tuple[int, ...]) -> Sequence[Identity]:
    """The identities that may apply, in their order."""
    table = _by_trigger(len(PRIMITIVES)).get(op)
    if table is None:
        return ()
    found = table.get(None, ())
    last: object = None
    for operand in operands:
        node = builder.nodes[operand]
        key = node.value if node.op == CONSTANT else node.op
        if key != last:
            found += table.get(key, ())
            last = key
    if len(operands) > 1 and len(set(operands)) < len(operands):
        found += table.get(_SAME, ())
    if len(found) > 1:
        found = tuple(sorted(found, key=_place))
    return [identity for _, identity in found]


def _match(
    builder: Builder, pattern: Pattern, index: int, bindings: Bindings
) -> Iterator[Bindings]:
    match pattern:
        case Variable(name):
            bound = bindings.get(name)
            if bound is None:
                yield {**bindings, name: index}
            elif bound == index:
                yield bindings
        case Literal(value):
            node = builder.nodes[index]
            if node.op == CONSTANT and node.value == value:
                yield bindings
        case Application(op):
            node = builder.nodes[index]
            if node.op == op:
                yield from _match_operands(builder, pattern, node.operands, bindings)


def _match_operands(
    builder: Builder, pattern: Application, operands: tuple[int, ...], bindings: Bindings
) -> Iterator[Bindings]:
    yield from _match_in_order(builder, pattern.operands, operands, bindings)
    if PRIMITIVES[pattern.op].commutative:
        yield from _match_in_order(builder, pattern.operands, operands[::-1], bindings)


def _match_in_order(
    builder: Builder,
    patterns: tuple[Pattern, ...],
    operands: tuple[int, ...],
    bindings: Bindings,
) -> Iterator[Bindings]:
    if not patterns:
        yield bindings
        return
    for found in _match(builder, patterns[0], operands[0], bindings):
        yield from _match_in_order(builder, patterns[1:], operands[1:], found)


def _build(builder: Builder, pattern: Pattern, bindings: Bindings) -> int:
    match pattern:
        case Variable(name):
            return bindings[name]
        case Literal(value):
            return builder.constant(value)
        case Application(op, operands):
            return builder.apply(op, [_build(builder, part, bindings) for part in operands])


def _read(text: str, condition: Callable[[Range], bool] | None = None) -> Identity:
    left, right = (_pattern(ast.parse(side.strip(), mode="eval").body) for side in text.split("->"))
    assert isinstance(left, Application)
    return Identity(text.strip(), left, right, condition)


_OPERATORS = {
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


def _pattern(node: ast.expr) -> Pattern:
    match node:
        case ast.Name(id=name):
            return Variable(name)
        case ast.Constant(value=int() | float() as value):
            return Literal(float(value))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return Literal(-float(value))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _pattern(operand)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Application(INFIX["-", 1].name, (_pattern(operand),))
        case ast.BinOp(left=left, op=op, right=right):
            name = INFIX[_OPERATORS[type(op)], 2].name
            return Application(name, (_pattern(left), _pattern(right)))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
            name = INFIX[_OPERATORS[type(op)], 2].name
            return Application(name, (_pattern(left), _pattern(right)))
        case ast.Compare(left=left, ops=[ast.Lt()], comparators=[right]):
            return Application(INFIX[">", 2].name, (_pattern(right), _pattern(left)))
        case ast.Compare(left=left, ops=[ast.LtE()], comparators=[right]):
            return Application(INFIX[">=", 2].name, (_pattern(right), _pattern(left)))
        case ast.Call(func=ast.Name(id=function), args=arguments):
            for operation in SPELLINGS.get(function, ()):
                if operation.arity == len(arguments):
                    return Application(operation.name, tuple(map(_pattern, arguments)))
    raise ValueError(f"unreadable identity {ast.unparse(node)!r}")


def _from_facts() -> Iterator[str]:
    """Identities that follow from what the table says of its rows."""
    for row in PRIMITIVES.values():
        if row.reduces and row.zero_preserving:
            yield f"{row.name}({', '.join(['0'] * row.arity)}) -> 0"
        if row.arity != 1 or row.infix:
            continue
        f = row.name
        if row.even:
            yield f"{f}(-x) -> {f}(x)"
            yield f"{f}(abs(x)) -> {f}(x)"
        if row.odd:
            yield f"{f}(-x) -> -{f}(x)"
        if row.keeps_sign:
            yield f"sign({f}(x)) -> sign(x)"
            yield f"{f}(x) > 0 -> x > 0"
            yield f"0 > {f}(x) -> 0 > x"
        if row.monotone:
            yield f"max({f}(x), {f}(y)) -> {f}(max(x, y))"
            yield f"min({f}(x), {f}(y)) -> {f}(min(x, y))"


def identities() -> tuple[Identity, ...]:
    """All identities, in the order in which they are tried."""
    return _identities(len(PRIMITIVES))


@cache
def _identities(_: int) -> tuple[Identity, ...]:
    """The table only ever grows, so its length says whether it is the same."""
    return (
        *(_read(line) for line in _ALGEBRA.splitlines() if line.strip()),
        *(_read(text, condition) for text, condition in _CONDITIONAL),
        *(_read(text) for text in _from_facts()),
    )


@cache
def _by_trigger(size: int) -> Mapping[str, Mapping[object, tuple[tuple[int, Identity], ...]]]:
    """The identities and their places in the order, by operation and by what triggers them."""
    found: dict[str, dict[object, tuple[tuple[int, Identity], ...]]] = {}
    for entry in enumerate(_identities(size)):
        of_op = found.setdefault(entry[1].left.op, {})
        trigger = entry[1].trigger
        of_op[trigger] = (*of_op.get(trigger, ()), entry)
    return found


def _place(entry: tuple[int, Identity]) -> int:
    return entry[0]
