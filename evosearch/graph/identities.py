"""Lists the exact identities as a table, with one line of algebra each.

Each identity holds for every finite input by the primitives' definitions (guards included), apart
from rounding, signed zeros and overflow; `tests/evosearch/graph/test_identities.py` tries each on
zeros, tiny and huge numbers. Identities that hold only where nothing underflows, such as
`sqrt(square(x)) -> abs(x)`, are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from evosearch.graph.patterns import Application, Literal, Pattern, read_pattern
from primitives import BUILT_IN, PRIMITIVES, Primitive, Range, Table

SAME = "same"
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


@dataclass(frozen=True, slots=True)
class Identity:
    """Tells that `left` may be replaced by `right` where `condition` holds of the range of `x`."""

    text: str
    left: Application
    right: Pattern
    condition: Callable[[Range], bool] | None = None

    @property
    def trigger(self) -> object:
        """Tells what must be seen of the operands before matching is worth while.

        This is the primitive of one of them, a constant among them, that two are the same, or
        nothing (None).
        """
        for operand in self.left.operands:
            if isinstance(operand, Application):
                return operand.primitive
        for operand in self.left.operands:
            if isinstance(operand, Literal):
                return operand.value
        return SAME if len(set(self.left.operands)) < len(self.left.operands) else None


@cache
def identities() -> tuple[Identity, ...]:
    """Lists all identities of the built-in operations, in the order in which they are tried."""
    return (
        *(_read(line, BUILT_IN) for line in _ALGEBRA.splitlines() if line.strip()),
        *(_read(text, BUILT_IN, condition) for text, condition in _CONDITIONAL),
        *(one for row in PRIMITIVES.values() for one in identities_from_facts(row)),
    )


@lru_cache(maxsize=1024)
def identities_from_facts(row: Primitive) -> tuple[Identity, ...]:
    """Lists the identities that follow from what a primitive's row says of it."""
    table = BUILT_IN if BUILT_IN.operations.get(row.name) is row else BUILT_IN.with_rows([row])
    return tuple(_read(text, table) for text in _from_facts(row))


def _from_facts(row: Primitive) -> Iterator[str]:
    if row.reduces and row.zero_preserving:
        yield f"{row.name}({', '.join(['0'] * row.arity)}) -> 0"
    if row.arity != 1 or row.infix:
        return
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


def _read(text: str, table: Table, condition: Callable[[Range], bool] | None = None) -> Identity:
    left, right = (read_pattern(side, table) for side in text.split("->"))
    assert isinstance(left, Application)
    return Identity(text.strip(), left, right, condition)
