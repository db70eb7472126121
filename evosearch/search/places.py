"""Finds the places in a program where a value is read, and puts other values there.

All edits of mutation are made of these. A change gives None where a kind no longer fits, so no edit
ever yields an invalid program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from evosearch.errors import ProgramError
from evosearch.language.program import Argument, Program, Statement, walk_kinds
from primitives import Kind


@dataclass(frozen=True, slots=True)
class Use:
    """Is a place where a value is read: an argument of a statement, or a returned value."""

    statement: int
    """The statement's index; the number of statements for a returned value."""
    position: int


def below(size: int, draw: np.random.Generator) -> int:
    """Draws a whole number from 0 to `size` - 1, quicker than the generator itself would."""
    return int(draw.random() * size)


def valid_change(program: Program, **changes: object) -> Program | None:
    """Changes fields of a program; gives None where a kind no longer fits downstream."""
    try:
        return replace(program, **changes)  # type: ignore[arg-type]
    except ProgramError:
        return None


def kinds_before(program: Program, index: int) -> Mapping[str, Kind]:
    """Gives the kinds of the names bound before statement `index`, at the return after the last."""
    return next(islice(walk_kinds(program, program.slot_kinds), index, None))


def draw_use(program: Program, draw: np.random.Generator) -> Use:
    """Draws any argument of any statement, or any returned value."""
    arguments = sum(len(statement.arguments) for statement in program.statements)
    place = below(arguments + len(program.returns), draw)
    for index, statement in enumerate(program.statements):
        if place < len(statement.arguments):
            return Use(index, place)
        place -= len(statement.arguments)
    return Use(len(program.statements), place)


def literal_uses(program: Program) -> list[Use]:
    """Lists the arguments that are numbers, in the order of statements."""
    return [
        Use(index, position)
        for index, statement in enumerate(program.statements)
        for position, argument in enumerate(statement.arguments)
        if not isinstance(argument, str)
    ]


def value_at(program: Program, use: Use) -> Argument:
    """Gives the name or number that is read at a place."""
    if use.statement == len(program.statements):
        return program.returns[use.position]
    return program.statements[use.statement].arguments[use.position]


def largest_kind(program: Program, use: Use) -> Kind:
    """Gives the kind into which a value that is read at a place must fit."""
    if use.statement == len(program.statements):
        return Kind.TENSOR
    statement = program.statements[use.statement]
    return program.table.operations[statement.primitive].accepts[use.position]


def with_value(
    program: Program, use: Use, value: Argument, inserted: Sequence[Statement] = ()
) -> Program | None:
    """Puts `value` at a place, and the `inserted` statements before it; None where it cannot be."""
    if use.statement == len(program.statements):
        if not isinstance(value, str):
            return None
        returns = list(program.returns)
        returns[use.position] = value
        return valid_change(
            program, statements=(*program.statements, *inserted), returns=tuple(returns)
        )
    statement = program.statements[use.statement]
    arguments = list(statement.arguments)
    arguments[use.position] = value
    changed = Statement(statement.target, statement.primitive, tuple(arguments))
    return with_statements(program, use.statement, use.statement + 1, [*inserted, changed])


def with_statements(
    program: Program, start: int, stop: int, new: Sequence[Statement]
) -> Program | None:
    """Puts `new` in the place of the statements from `start` up to `stop`."""
    statements = program.statements
    return valid_change(program, statements=(*statements[:start], *new, *statements[stop:]))
