"""Makes the edits that mutation consists of: insert, delete, and five ways to modify.

Each takes a program, a generator and the search space, and gives another program, or None where
its draw came to nothing valid. Arguments are drawn among the values whose kind fits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from evosearch.graph.structure import constant_literals
from evosearch.language.program import Argument, Program, Statement
from evosearch.search.places import (
    Use,
    below,
    draw_use,
    kinds_before,
    largest_kind,
    literal_uses,
    valid_change,
    value_at,
    with_statements,
    with_value,
)
from evosearch.search.space import SearchSpace
from primitives import Kind, fits

_LITERAL_SHARE = 0.15
_WRAP_SHARE = 0.7


def _draw_argument(draw: np.random.Generator, bound: Mapping[str, Kind], largest: Kind) -> Argument:
    """Draws a bound name whose kind fits, or a number."""
    fitting = [name for name, kind in bound.items() if fits(kind, largest)]
    if not fitting or draw.random() < _LITERAL_SHARE:
        return _rounded(float(draw.standard_normal()))
    return fitting[below(len(fitting), draw)]


def _fresh_name(program: Program) -> str:
    """Makes up a name that the program does not use."""
    taken = {*program.inputs, *dict(program.hyperparameters)}
    taken.update(statement.target for statement in program.statements)
    return next(name for n in range(1, 10**6) if (name := f"v{n}") not in taken)


def insert(program: Program, draw: np.random.Generator, space: SearchSpace) -> Program | None:
    """Puts a new statement before a value's use, which then reads the new statement's result.

    Mostly the new statement takes the value it replaces as one of its arguments.
    """
    use = draw_use(program, draw)
    bound = kinds_before(program, use.statement)
    name = space.primitives[below(len(space.primitives), draw)]
    primitive = program.table.operations[name]
    arguments = [_draw_argument(draw, bound, largest) for largest in primitive.accepts]
    replaced = value_at(program, use)
    if draw.random() < _WRAP_SHARE:
        kind = bound[replaced] if isinstance(replaced, str) else Kind.SCALAR
        places = [p for p, largest in enumerate(primitive.accepts) if fits(kind, largest)]
        if places:
            arguments[places[below(len(places), draw)]] = replaced
    if not any(isinstance(argument, str) for argument in arguments):
        return None
    statement = Statement(_fresh_name(program), primitive.name, tuple(arguments))
    # The new statement and its use are put in together: the statement alone would be dead.
    return with_value(program, use, statement.target, [statement])


def delete(program: Program, draw: np.random.Generator, _: SearchSpace) -> Program | None:
    """Removes a statement; what read its result reads one of its arguments instead.

    Where its target had an earlier value, that may show through.
    """
    index = below(len(program.statements), draw)
    statement = program.statements[index]
    without = (*program.statements[:index], *program.statements[index + 1 :])
    earlier = statement.target in kinds_before(program, index)
    if earlier and draw.random() < 0.5:
        return valid_change(program, statements=without)
    if not statement.arguments:
        return None
    stand_in = statement.arguments[below(len(statement.arguments), draw)]
    renamed: list[Statement] = []
    active = True
    for other in without[index:]:
        if active:
            arguments = tuple(stand_in if a == statement.target else a for a in other.arguments)
            active = other.target != statement.target
            other = Statement(other.target, other.primitive, arguments)
        renamed.append(other)
    returns = program.returns
    if active and statement.target in returns:
        if not isinstance(stand_in, str):
            return None
        returns = tuple(stand_in if name == statement.target else name for name in returns)
    return valid_change(program, statements=(*without[:index], *renamed), returns=returns)


def modify_argument(program: Program, draw: np.random.Generator, _: SearchSpace) -> Program | None:
    """Reads another value of a fitting kind at a random place."""
    use = draw_use(program, draw)
    bound = kinds_before(program, use.statement)
    return with_value(program, use, _draw_argument(draw, bound, largest_kind(program, use)))


def modify_constant(program: Program, draw: np.random.Generator, _: SearchSpace) -> Program | None:
    """Changes a hyperparameter's default or a literal that is a constant, not the structure."""
    literals = [Use(*place) for place in constant_literals(program)]
    choice = below(len(program.hyperparameters) + len(literals), draw)
    if choice < len(program.hyperparameters):
        changed = list(program.hyperparameters)
        name, value = changed[choice]
        changed[choice] = name, _changed_number(value, draw)
        return valid_change(program, hyperparameters=tuple(changed))
    return _with_another_number(program, literals[choice - len(program.hyperparameters)], draw)


def modify_literal(program: Program, draw: np.random.Generator, _: SearchSpace) -> Program | None:
    """Changes a literal that is part of the function, such as 1, 2 or an exponent."""
    literals = function_literals(program)
    return _with_another_number(program, literals[below(len(literals), draw)], draw)


def function_literals(program: Program) -> list[Use]:
    """Lists the literals that are part of the function."""
    constants = {Use(*place) for place in constant_literals(program)}
    return [use for use in literal_uses(program) if use not in constants]


def _with_another_number(program: Program, use: Use, draw: np.random.Generator) -> Program | None:
    return with_value(program, use, _changed_number(float(value_at(program, use)), draw))


def _changed_number(value: float, draw: np.random.Generator) -> float:
    """Draws a new number, or scales the old one; decay rates are scaled as 1 - value.

    So 0.9, 0.99 and 0.999 are neighbours. Three digits keep programs readable.
    """
    factor = float(2.0 ** draw.standard_normal())
    if 0.5 <= value < 1 and draw.random() < 0.8:
        return _rounded(1 - min(1.0, (1 - value) * factor**2), 1 - value)
    if value == 0 or draw.random() < 0.1:
        return _rounded(float(draw.standard_normal()))
    return _rounded(value * factor * (-1 if draw.random() < 0.1 else 1))


def _rounded(value: float, scale: float | None = None) -> float:
    """Keeps three significant digits; those of `scale` where it is given."""
    magnitude = abs(value if scale is None else scale)
    if magnitude == 0 or not math.isfinite(magnitude):
        return 0.0
    return round(value, 2 - math.floor(math.log10(magnitude)))


def replace_primitive(
    program: Program, draw: np.random.Generator, space: SearchSpace
) -> Program | None:
    """Applies another primitive of the same signature to the same arguments."""
    index = below(len(program.statements), draw)
    statement = program.statements[index]
    operations = program.table.operations
    old = operations[statement.primitive]
    fitting = [
        name
        for name in space.primitives
        if name != old.name
        and operations[name].accepts == old.accepts
        and operations[name].reduces_to == old.reduces_to
    ]
    if not fitting:
        return None
    changed = replace(statement, primitive=fitting[below(len(fitting), draw)])
    return with_statements(program, index, index + 1, [changed])


def change_target(program: Program, draw: np.random.Generator, _: SearchSpace) -> Program | None:
    """Assigns a result to another name, which then covers that name's earlier value.

    The earlier value of the old name shows through.
    """
    indices = reassignments(program)
    index = indices[below(len(indices), draw)]
    statement = program.statements[index]
    names = [*program.inputs, *(other.target for other in program.statements)]
    others = sorted({*names} - {statement.target})
    changed = replace(statement, target=others[below(len(others), draw)])
    return with_statements(program, index, index + 1, [changed])


def reassignments(program: Program) -> list[int]:
    """Lists the statements whose target has a value before them, which can show through."""
    bound = {*program.inputs, *dict(program.hyperparameters)}
    indices = []
    for index, statement in enumerate(program.statements):
        if statement.target in bound:
            indices.append(index)
        bound.add(statement.target)
    return indices
