"""Expressions of the language evaluated by Python itself on numbers of its `decimal` module.

The primitives' definitions, guards included, are written out here. With 300 digits an identity must
hold exactly; with every step rounded to double precision, underflow shows. Nothing is shared with
the graph's code, nor with the table's.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException, localcontext
from typing import Any

from primitives import PRIMITIVES
from tests.support import plain_definitions as plain

DIGITS = 300
DRAW = random.Random(5)
VALUES = (
    *(0.0, 1.0, -1.0, 0.5, -0.5, 3.0, -3.0, 1e-30, -1e-30, 1e30, -1e30),
    *(DRAW.uniform(-5, 5) for _ in range(2)),
)
EXTREME = (*VALUES, 1e-200, -1e-200, 1e200, -1e200, 5e-324)


@dataclass(frozen=True)
class Numbers:
    """Many numbers computed with at once, exactly or in double precision; None after overflow."""

    values: tuple[Decimal | None, ...]
    double: bool

    def map(self, function: Callable[..., Decimal], *others: Operand) -> Numbers:
        columns = [self.values, *(self._spread(other) for other in others)]
        results = [
            None if None in point else self._result(function, point)
            for point in zip(*columns, strict=True)
        ]
        return Numbers(tuple(results), self.double)

    def reduce(self, function: Callable[[Sequence[Decimal]], Decimal]) -> Numbers:
        """Over all numbers; the result stands in each place."""
        present = [value for value in self.values if value is not None]
        result = self._round(function(present)) if len(present) == len(self.values) else None
        return Numbers((result,) * len(self.values), self.double)

    def _result(self, function: Callable[..., Decimal], point: Sequence[Any]) -> Decimal | None:
        try:
            return self._round(function(*point))
        except DecimalException:
            return None

    def _spread(self, other: Operand) -> tuple[Decimal | None, ...]:
        if isinstance(other, Numbers):
            return other.values
        return (Decimal(other),) * len(self.values)

    def _round(self, value: Decimal) -> Decimal | None:
        if not value.is_finite():
            return None
        if not self.double:
            return value
        rounded = float(value)
        return Decimal(rounded) if math.isfinite(rounded) else None

    def __add__(self, other: Operand) -> Numbers:
        return self.map(lambda a, b: a + b, other)

    __radd__ = __add__

    def __sub__(self, other: Operand) -> Numbers:
        return self.map(lambda a, b: a - b, other)

    def __rsub__(self, other: Operand) -> Numbers:
        return self.map(lambda a, b: b - a, other)

    def __mul__(self, other: Operand) -> Numbers:
        return self.map(lambda a, b: a * b, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Operand) -> Numbers:
        return self.map(divided, other)

    def __rtruediv__(self, other: Operand) -> Numbers:
        return self.map(lambda a, b: divided(b, a), other)

    def __pow__(self, other: Operand) -> Numbers:
        return self.map(raised, other)

    def __rpow__(self, other: Operand) -> Numbers:
        return self.map(lambda a, b: raised(b, a), other)

    def __gt__(self, other: Operand) -> Numbers:
        return self.map(lambda a, b: Decimal(a > b), other)

    def __ge__(self, other: Operand) -> Numbers:
        return self.map(lambda a, b: Decimal(a >= b), other)

    def __eq__(self, other: object) -> Any:
        assert isinstance(other, Numbers | float | int)
        return self.map(lambda a, b: Decimal(a == b), other)

    def __ne__(self, other: object) -> Any:
        assert isinstance(other, Numbers | float | int)
        return self.map(lambda a, b: Decimal(a != b), other)

    def __lt__(self, other: Operand) -> Numbers:  # a number > self
        return self.map(lambda a, b: Decimal(b > a), other)

    def __le__(self, other: Operand) -> Numbers:
        return self.map(lambda a, b: Decimal(b >= a), other)

    def __neg__(self) -> Numbers:
        return self.map(lambda a: -a)


Operand = Numbers | float


def divided(a: Decimal, b: Decimal) -> Decimal:
    return a / b if b else Decimal(0)


def raised(a: Decimal, b: Decimal) -> Decimal:
    if not a:
        return Decimal(not b)
    size = abs(a) if b == 1 else abs(a) ** b
    return -size if a < 0 and b % 2 in (1, -1) else size


def through_float(function: Callable[[float], float]) -> Callable[[Numbers], Numbers]:
    return lambda x: x.map(lambda a: Decimal(function(float(a))))


def root(a: Decimal) -> Decimal:
    return abs(a).sqrt()


def total(values: Sequence[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def mean_square(values: Sequence[Decimal]) -> Decimal:
    return total([a * a for a in values]) / len(values)


FUNCTIONS: dict[str, Callable[..., Numbers]] = {
    "identity": lambda x: x,
    "square": lambda x: x.map(lambda a: a * a),
    "cube": lambda x: x.map(lambda a: a * a * a),
    "reciprocal": lambda x: 1 / x,
    "abs": lambda x: x.map(abs),
    "sign": lambda x: x.map(lambda a: Decimal((a > 0) - (a < 0))),
    "sqrt": lambda x: x.map(root),
    "max": lambda x, y: x.map(max, y),
    "min": lambda x, y: x.map(min, y),
    "lerp": lambda x, y, a: x.map(lambda x, y, a: (1 - a) * x + a * y, y, a),
    "where": lambda c, x, y: c.map(lambda c, x, y: x if c else y, x, y),
    "sum": lambda x: x.reduce(total),
    "mean": lambda x: x.reduce(lambda values: total(values) / len(values)),
    "rms": lambda x: x.reduce(lambda values: mean_square(values).sqrt()),
    "norm": lambda x: x.reduce(lambda values: (mean_square(values) * len(values)).sqrt()),
    "global_norm": lambda x: x.reduce(lambda values: (mean_square(values) * len(values)).sqrt()),
    "dot": lambda x, y: (x * y).reduce(total),
    "global_dot": lambda x, y: (x * y).reduce(total),
    "cosine_sim": lambda x, y: (
        (x * y).reduce(total) / ((x * x).reduce(total).map(root) * (y * y).reduce(total).map(root))
    ),
}
# All numbers are one row, or one column.
FUNCTIONS |= dict.fromkeys(("row_mean", "column_mean"), FUNCTIONS["mean"])
FUNCTIONS |= {
    row.name: through_float(plain.ELEMENTWISE[row.name])
    for row in PRIMITIVES.values()
    if row.arity == 1 and not row.reduces and row.name not in FUNCTIONS
}


def whole(function: Callable[[Decimal], Decimal]) -> Callable[[Numbers], Numbers]:
    """A function of numbers to all digits, where it does not overflow."""
    return lambda x: x.map(lambda a: function(a) if abs(a) < 10_000 else Decimal("NaN"))


def _logarithm(a: Decimal) -> Decimal:
    return abs(a).ln() if a else a


def _sinh(a: Decimal) -> Decimal:
    return (a.exp() - (-a).exp()) / 2


def _arcsinh(a: Decimal) -> Decimal:
    size = (abs(a) + (a * a + 1).sqrt()).ln()
    return size if a > 0 else -size


def _cube_root(a: Decimal) -> Decimal:
    return (abs(a) ** (Decimal(1) / 3)).copy_sign(a) if a else a


WHOLE: dict[str, Callable[..., Numbers]] = {
    **FUNCTIONS,
    "exp": whole(lambda a: a.exp()),
    "expm1": whole(lambda a: a.exp() - 1),
    "exp2": whole(lambda a: (a * Decimal(2).ln()).exp()),
    "exp10": whole(lambda a: (a * Decimal(10).ln()).exp()),
    "log": lambda x: x.map(_logarithm),
    "log1p": lambda x: (x + 1).map(_logarithm),
    "log2": lambda x: x.map(lambda a: _logarithm(a) / Decimal(2).ln()),
    "log10": lambda x: x.map(lambda a: _logarithm(a) / Decimal(10).ln()),
    "sinh": whole(_sinh),
    "tanh": whole(lambda a: _sinh(a) / (a.exp() - _sinh(a))),
    "arcsinh": lambda x: x.map(_arcsinh),
    "arctanh": lambda x: x.map(lambda a: ((1 + a) / (1 - a)).ln() / 2 if abs(a) < 1 else a / 0),
    "cbrt": lambda x: x.map(_cube_root),
}
"""The functions of which more than a float's digits are known."""


def holds(text: str, values: Sequence[float], *, double: bool) -> bool:
    """Whether both sides of `text` agree on all combinations of `values`, overflow aside."""
    sides = [side.strip() for side in text.split("->")]
    names = names_in(sides[0])
    points = list(itertools.product([Decimal(value) for value in values], repeat=len(names)))
    tolerance = Decimal("1e-14") if double else Decimal("1e-200")
    return agree(sides, names, points, tolerance, double=double)


def names_in(expression: str) -> list[str]:
    """The variables of an expression."""
    names = compile(expression, expression, "eval").co_names
    return [name for name in names if name not in FUNCTIONS and name != "numel"]


def agree(
    sides: Sequence[str],
    names: Sequence[str],
    points: Sequence[Sequence[Decimal]],
    tolerance: Decimal,
    *,
    double: bool = False,
    functions: Mapping[str, Callable[..., Numbers]] = FUNCTIONS,
    lost: Decimal = Decimal(0),
) -> bool:
    """Whether two expressions agree at all points where neither overflows; at most half may.

    They may differ by `tolerance` of the larger, or by `lost`, as where one cancels to zero.
    """
    with localcontext(Context(prec=DIGITS)):
        scope: dict[str, Any] = {
            name: Numbers(tuple(column), double)
            for name, column in zip(names, zip(*points, strict=True), strict=True)
        }

        def spread(operand: Operand) -> Numbers:
            if isinstance(operand, Numbers):
                return operand
            return Numbers((Decimal(operand),) * len(points), double)

        scope |= {
            name: lambda *operands, function=function: function(*map(spread, operands))
            for name, function in functions.items()
        }
        scope["numel"] = lambda: spread(len(points))
        columns = [spread(eval(side, scope)).values for side in sides]
        pairs = [pair for pair in zip(*columns, strict=True) if None not in pair]
        assert 2 * len(pairs) > len(points), "nearly everything overflows"
        return all(abs(a - b) <= max(lost, tolerance * max(abs(a), abs(b))) for a, b in pairs)
