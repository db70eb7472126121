"""Random edits of programs, as a table: insert, delete, and four ways to modify.

Every edit draws arguments among the values whose kind fits, so a mutant is a valid program. Edits
that a program does not allow (deleting its only statement) are not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from evosearch.errors import ProgramError
from evosearch.language.program import Argument, Program, Statement, walk_kinds
from primitives import Kind, fits

_TRIES = 100
_LITERAL_SHARE = 0.15
_WRAP_SHARE = 0.7


@dataclass(frozen=True)
class Language:
    """What mutation may use: primitives by name, and how long a program may grow."""

    primitives: tuple[str, ...]
    longest: int


@dataclass(frozen=True, slots=True)
class Mutation:
    """A kind of edit; `apply` gives None where its draw came to nothing valid."""

    name: str
    weight: float
    possible: Callable[[Program, Language], bool]
    apply: Callable[[Program, np.random.Generator, Language], Program | None]


@dataclass(frozen=True, slots=True)
class _Use:
    """A place where a value is read: an argument of a statement, or a returned value."""

    statement: int
    """Its index; the number of statements for a returned value."""
    position: int


def prepare(program: Program, spare_slots: int) -> Program:
    """The program with weights and gradient in its signature, and `spare_slots` unused slots.

    Mutation can only use what the signature names.
    """
    inputs = list(program.inputs)
    inputs[:0] = [name for name in ("w", "g") if name not in inputs]
    taken = {*inputs, *(s.target for s in program.statements), *dict(program.hyperparameters)}
    free = (f"s{n}" for n in range(1, 10**6) if f"s{n}" not in taken)
    spare = [next(free) for _ in range(spare_slots)]
    return replace(program, inputs=(*inputs, *spare), returns=(*program.returns, *spare), doc="")


def mutate(program: Program, draw: np.random.Generator, language: Language) -> tuple[Program, str]:
    """One random valid edit of `program`, and its name. The program itself is unchanged."""
    for _ in range(_TRIES):
        mutation = _draw_mutation(program, draw, language)
        child = mutation.apply(program, draw, language)
        if child is not None and child != program:
            return child, mutation.name
    raise AssertionError(f"no valid mutation of {program.name} in {_TRIES} tries")


def _below(size: int, draw: np.random.Generator) -> int:
    """A whole number from 0 to `size` - 1, quicker than by the generator itself."""
    return int(draw.random() * size)


def _draw_mutation(program: Program, draw: np.random.Generator, language: Language) -> Mutation:
    """One that the program allows, by weight."""
    possible = [m for m in MUTATIONS if m.possible(program, language)]
    rest = draw.random() * sum(m.weight for m in possible)
    for mutation in possible:
        rest -= mutation.weight
        if rest < 0:
            return mutation
    return possible[-1]


def _valid(program: Program, **changes: object) -> Program | None:
    """The changed program, or None where a kind no longer fits downstream."""
    try:
        return replace(program, **changes)  # type: ignore[arg-type]
    except ProgramError:
        return None


def _kinds_before(program: Program, index: int) -> Mapping[str, Kind]:
    """The kinds of the names bound before statement `index`, or at the return after the last."""
    return next(islice(walk_kinds(program, program.slot_kinds), index, None))


def _draw_use(program: Program, draw: np.random.Generator) -> _Use:
    """Any argument of any statement, or any returned value."""
    arguments = sum(len(statement.arguments) for statement in program.statements)
    place = _below(arguments + len(program.returns), draw)
    for index, statement in enumerate(program.statements):
        if place < len(statement.arguments):
            return _Use(index, place)
        place -= len(statement.arguments)
    return _Use(len(program.statements), place)


def _literals(program: Program) -> list[_Use]:
    return [
        _Use(index, position)
        for index, statement in enumerate(program.statements)
        for position, argument in enumerate(statement.arguments)
        if not isinstance(argument, str)
    ]


def _value(program: Program, use: _Use) -> Argument:
    if use.statement == len(program.statements):
        return program.returns[use.position]
    return program.statements[use.statement].arguments[use.position]


def _largest_kind(program: Program, use: _Use) -> Kind:
    if use.statement == len(program.statements):
        return Kind.TENSOR
    statement = program.statements[use.statement]
    return program.table.operations[statement.primitive].accepts[use.position]


def _with_value(
    program: Program, use: _Use, value: Argument, inserted: Sequence[Statement] = ()
) -> Program | None:
    """The program that reads `value` at `use`, before which the `inserted` statements stand."""
    if use.statement == len(program.statements):
        if not isinstance(value, str):
            return None
        returns = list(program.returns)
        returns[use.position] = value
        return _valid(program, statements=(*program.statements, *inserted), returns=tuple(returns))
    statement = program.statements[use.statement]
    arguments = list(statement.arguments)
    arguments[use.position] = value
    changed = replace(statement, arguments=tuple(arguments))
    return _with_statements(program, use.statement, use.statement + 1, [*inserted, changed])


def _with_statements(
    program: Program, start: int, stop: int, new: Sequence[Statement]
) -> Program | None:
    statements = program.statements
    return _valid(program, statements=(*statements[:start], *new, *statements[stop:]))


def _draw_argument(draw: np.random.Generator, bound: Mapping[str, Kind], largest: Kind) -> Argument:
    fitting = [name for name, kind in bound.items() if fits(kind, largest)]
    if not fitting or draw.random() < _LITERAL_SHARE:
        return _rounded(float(draw.standard_normal()))
    return fitting[_below(len(fitting), draw)]


def _fresh_name(program: Program) -> str:
    taken = {*program.inputs, *dict(program.hyperparameters)}
    taken.update(statement.target for statement in program.statements)
    return next(name for n in range(1, 10**6) if (name := f"v{n}") not in taken)


def _insert(program: Program, draw: np.random.Generator, language: Language) -> Program | None:
    """Puts a new statement before a value's use, which then reads the new statement's result.

    Mostly the new statement takes the value it replaces as one of its arguments.
    """
    use = _draw_use(program, draw)
    bound = _kinds_before(program, use.statement)
    name = language.primitives[_below(len(language.primitives), draw)]
    primitive = program.table.operations[name]
    arguments = [_draw_argument(draw, bound, largest) for largest in primitive.accepts]
    replaced = _value(program, use)
    if draw.random() < _WRAP_SHARE:
        kind = bound[replaced] if isinstance(replaced, str) else Kind.SCALAR
        places = [p for p, largest in enumerate(primitive.accepts) if fits(kind, largest)]
        if places:
            arguments[places[_below(len(places), draw)]] = replaced
    if not any(isinstance(argument, str) for argument in arguments):
        return None
    statement = Statement(_fresh_name(program), primitive.name, tuple(arguments))
    # The new statement and its use are put in together: the statement alone would be dead.
    return _with_value(program, use, statement.target, [statement])


def _delete(program: Program, draw: np.random.Generator, _: Language) -> Program | None:
    """Removes a statement; what read its result reads one of its arguments instead.

    Where its target had an earlier value, that may show through.
    """
    index = _below(len(program.statements), draw)
    statement = program.statements[index]
    without = (*program.statements[:index], *program.statements[index + 1 :])
    earlier = statement.target in _kinds_before(program, index)
    if earlier and draw.random() < 0.5:
        return _valid(program, statements=without)
    if not statement.arguments:
        return None
    stand_in = statement.arguments[_below(len(statement.arguments), draw)]
    renamed: list[Statement] = []
    active = True
    for other in without[index:]:
        if active:
            arguments = tuple(stand_in if a == statement.target else a for a in other.arguments)
            active = other.target != statement.target
            other = replace(other, arguments=arguments)
        renamed.append(other)
    returns = program.returns
    if active and statement.target in returns:
        if not isinstance(stand_in, str):
            return None
        returns = tuple(stand_in if name == statement.target else name for name in returns)
    return _valid(program, statements=(*without[:index], *renamed), returns=returns)


def _modify_argument(program: Program, draw: np.random.Generator, _: Language) -> Program | None:
    """Reads another value of a fitting kind at a random place."""
    use = _draw_use(program, draw)
    bound = _kinds_before(program, use.statement)
    return _with_value(program, use, _draw_argument(draw, bound, _largest_kind(program, use)))


def _modify_constant(program: Program, draw: np.random.Generator, _: Language) -> Program | None:
    """Changes a hyperparameter's default or a literal."""
    literals = _literals(program)
    choice = _below(len(program.hyperparameters) + len(literals), draw)
    if choice < len(program.hyperparameters):
        changed = list(program.hyperparameters)
        name, value = changed[choice]
        changed[choice] = name, _changed_number(value, draw)
        return _valid(program, hyperparameters=tuple(changed))
    use = literals[choice - len(program.hyperparameters)]
    return _with_value(program, use, _changed_number(float(_value(program, use)), draw))


def _changed_number(value: float, draw: np.random.Generator) -> float:
    """A new number, or the old one scaled; decay rates move in the logarithm of 1 - value.

    So 0.9, 0.99 and 0.999 are neighbours. Three digits keep programs readable.
    """
    factor = float(2.0 ** draw.standard_normal())
    if 0.5 <= value < 1 and draw.random() < 0.8:
        return _rounded(1 - min(1.0, (1 - value) * factor**2), 1 - value)
    if value == 0 or draw.random() < 0.1:
        return _rounded(float(draw.standard_normal()))
    return _rounded(value * factor * (-1 if draw.random() < 0.1 else 1))


def _rounded(value: float, scale: float | None = None) -> float:
    """Three significant digits; relative to `scale` where given."""
    magnitude = abs(value if scale is None else scale)
    if magnitude == 0 or not math.isfinite(magnitude):
        return 0.0
    return round(value, 2 - math.floor(math.log10(magnitude)))


def _replace_primitive(
    program: Program, draw: np.random.Generator, language: Language
) -> Program | None:
    """Applies another primitive of the same signature to the same arguments."""
    index = _below(len(program.statements), draw)
    statement = program.statements[index]
    operations = program.table.operations
    old = operations[statement.primitive]
    fitting = [
        name
        for name in language.primitives
        if name != old.name
        and operations[name].accepts == old.accepts
        and operations[name].reduces_to == old.reduces_to
    ]
    if not fitting:
        return None
    changed = replace(statement, primitive=fitting[_below(len(fitting), draw)])
    return _with_statements(program, index, index + 1, [changed])


def _change_target(program: Program, draw: np.random.Generator, _: Language) -> Program | None:
    """Assigns a result to another name: what read the new name reads it, and the old one, less."""
    places = _reassignments(program)
    index = places[_below(len(places), draw)]
    statement = program.statements[index]
    names = [*program.inputs, *(other.target for other in program.statements)]
    others = sorted({*names} - {statement.target})
    changed = replace(statement, target=others[_below(len(others), draw)])
    return _with_statements(program, index, index + 1, [changed])


def _reassignments(program: Program) -> list[int]:
    """The statements whose target has a value before them, which can show through."""
    bound = {*program.inputs, *dict(program.hyperparameters)}
    found = []
    for index, statement in enumerate(program.statements):
        if statement.target in bound:
            found.append(index)
        bound.add(statement.target)
    return found


def _has_statements(program: Program, _: Language) -> bool:
    return len(program.statements) > 0


def _has_constants(program: Program, _: Language) -> bool:
    return bool(program.hyperparameters or _literals(program))


MUTATIONS: tuple[Mutation, ...] = (
    Mutation("insert", 2.0, lambda p, s: len(p.statements) < s.longest, _insert),
    Mutation("delete", 1.0, lambda p, _: len(p.statements) > 1, _delete),
    Mutation("modify-argument", 2.0, lambda *_: True, _modify_argument),
    Mutation("modify-constant", 1.0, _has_constants, _modify_constant),
    Mutation("replace-primitive", 1.0, _has_statements, _replace_primitive),
    Mutation("change-target", 0.5, lambda p, _: bool(_reassignments(p)), _change_target),
)
"""All kinds of edit with their relative frequency."""
