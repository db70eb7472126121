"""Holds the table of operations, the only place that knows any by name.

Guards, all of them: division by zero gives 0; logarithms and `sqrt` take the magnitude, the
logarithm of 0 is 0; `arcsin`, `arccos`, `arccosh` and `arctanh` clip to where they are defined;
`power` of a negative number to a fractional exponent takes the magnitude, of zero to a negative
one gives 0. Elsewhere the operations are exact; an epsilon is written in the program.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from primitives.primitive import Composite, Operation, Primitive
from primitives.rows import (
    arithmetic,
    comparisons,
    composites,
    exponentials,
    matrices,
    powers,
    reductions,
    trigonometry,
)


@dataclass(frozen=True, eq=False)
class Table:
    """Holds operations that programs may call; it never changes, `with_rows` makes a larger one."""

    operations: Mapping[str, Operation]
    """Everything a program may call, by its own name."""
    spellings: Mapping[str, tuple[Operation, ...]]
    """The operations that a name or alias spells, which differ in their number of arguments."""
    infix: Mapping[tuple[str, int], Primitive]
    """Primitives that are written as an operator, by operator and number of arguments."""

    @property
    def primitives(self) -> Mapping[str, Primitive]:
        """Gives the operations that a graph may hold, by name."""
        return MappingProxyType(
            {name: row for name, row in self.operations.items() if isinstance(row, Primitive)}
        )

    @property
    def composites(self) -> Mapping[str, Composite]:
        """Gives the operations that graphs hold only as their expansion, by name."""
        return MappingProxyType(
            {name: row for name, row in self.operations.items() if isinstance(row, Composite)}
        )

    def __reduce__(self) -> str | tuple[Callable[[list[Operation]], Table], tuple[list[Operation]]]:
        # Copied and pickled by name: a program that is copied keeps its table.
        if self is BUILT_IN:
            return "BUILT_IN"
        own = [row for name, row in self.operations.items() if name not in BUILT_IN.operations]
        return BUILT_IN.with_rows, (own,)

    def with_rows(self, rows: Sequence[Operation]) -> Table:
        """Makes a table of these operations and `rows`; this one stays as it is.

        Raises:
            ValueError: a name, a spelling with as many arguments, or an operator is taken.
        """
        operations, infix = dict(self.operations), dict(self.infix)
        spellings = dict(self.spellings)
        for row in rows:
            if row.name in operations:
                raise ValueError(f"there is an operation named '{row.name}' already")
            operations[row.name] = row
            for name in dict.fromkeys((row.name, *row.aliases)):
                for other in spellings.get(name, ()):
                    if other.arity == row.arity:
                        raise ValueError(
                            f"'{name}' with {row.arity} arguments is {other.name} already"
                        )
                spellings[name] = (*spellings.get(name, ()), row)
            if isinstance(row, Primitive) and row.infix:
                if (row.infix, row.arity) in infix:
                    taken = infix[row.infix, row.arity].name
                    raise ValueError(f"the operator {row.infix} is {taken}")
                infix[row.infix, row.arity] = row
        return Table(
            MappingProxyType(operations), MappingProxyType(spellings), MappingProxyType(infix)
        )


_MODULES = (
    arithmetic,
    comparisons,
    powers,
    exponentials,
    trigonometry,
    reductions,
    matrices,
    composites,
)

BUILT_IN = Table({}, {}, {}).with_rows([row for module in _MODULES for row in module.ROWS])
"""The operations that come with the package."""


def _built_in(name: str) -> Operation:
    return BUILT_IN.operations[name]


def _reduced(row: Operation) -> str | tuple[Any, ...]:
    # By name, for functions without one cannot be pickled; and a row that comes back is the same.
    if BUILT_IN.operations.get(row.name) is row:
        return _built_in, (row.name,)
    return object.__reduce_ex__(row, 4)


for _kind_of_row in (Primitive, Composite):
    copyreg.pickle(_kind_of_row, _reduced)

OPERATIONS = BUILT_IN.operations
PRIMITIVES = BUILT_IN.primitives
COMPOSITES = BUILT_IN.composites
SPELLINGS = BUILT_IN.spellings
INFIX = BUILT_IN.infix

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "invert": "the paper's `invert` is a bitwise not, which no floating-point number has; "
        "try reciprocal(x), or 1 - x",
    }
)
"""Names that a reader might expect, and why they are not here."""
