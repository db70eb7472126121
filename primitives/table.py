"""The table of operations, the only place that knows any by name.

Guards, all of them: division by zero gives 0; logarithms and `sqrt` take the magnitude, the
logarithm of 0 is 0; `arcsin`, `arccos`, `arccosh` and `arctanh` clip to where they are defined;
`power` of a negative number to a fractional exponent takes the magnitude, of zero to a negative
one gives 0. Elsewhere the operations are exact; an epsilon is written in the program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from primitives.primitive import Composite, Operation, Primitive
from primitives.rows import (
    arithmetic,
    comparisons,
    composites,
    exponentials,
    powers,
    reductions,
    trigonometry,
)

_operations: dict[str, Operation] = {}
_primitives: dict[str, Primitive] = {}
_composites: dict[str, Composite] = {}
_spellings: dict[str, tuple[Operation, ...]] = {}
_infix: dict[tuple[str, int], Primitive] = {}

OPERATIONS: Mapping[str, Operation] = MappingProxyType(_operations)
"""Everything a program may call, by its own name."""

PRIMITIVES: Mapping[str, Primitive] = MappingProxyType(_primitives)
"""The operations that a graph may hold, by name."""

COMPOSITES: Mapping[str, Composite] = MappingProxyType(_composites)
"""The operations that graphs hold the expansion of, by name."""

SPELLINGS: Mapping[str, tuple[Operation, ...]] = MappingProxyType(_spellings)
"""By name or alias, the operations so spelt, which differ in their number of arguments."""

INFIX: Mapping[tuple[str, int], Primitive] = MappingProxyType(_infix)
"""Primitives that are written as an operator, by operator and number of arguments."""

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "invert": "the paper's `invert` is a bitwise not, which no floating-point number has; "
        "try reciprocal(x), or 1 - x",
    }
)
"""Names that a reader might expect, and why they are not here."""


def register(rows: Sequence[Operation]) -> None:
    """Adds operations to the table, for the rest of the process; nothing is ever taken out.

    Raises:
        ValueError: a name is taken; then no row is added.
    """
    for place, row in enumerate(rows):
        others = [other.name for other in rows[:place]]
        if row.name in _operations or row.name in others:
            raise ValueError(f"there is an operation named '{row.name}' already")
        for name in (row.name, *row.aliases):
            for other in (*_spellings.get(name, ()), *rows[:place]):
                if name in (other.name, *other.aliases) and other.arity == row.arity:
                    raise ValueError(f"'{name}' with {row.arity} arguments is {other.name} already")
        if isinstance(row, Primitive) and row.infix and (row.infix, row.arity) in _infix:
            raise ValueError(f"the operator {row.infix} is {_infix[row.infix, row.arity].name}")
    for row in rows:
        _operations[row.name] = row
        for name in (row.name, *row.aliases):
            _spellings[name] = (*_spellings.get(name, ()), row)
        match row:
            case Composite():
                _composites[row.name] = row
            case Primitive():
                _primitives[row.name] = row
                if row.infix:
                    _infix[row.infix, row.arity] = row


for _module in (
    arithmetic,
    comparisons,
    powers,
    exponentials,
    trigonometry,
    reductions,
    composites,
):
    register(_module.ROWS)
