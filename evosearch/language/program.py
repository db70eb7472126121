"""Defines programs: the genotype, a list of statements that mutation edits.

A program's meaning is the `Graph` it lowers to; nothing but mutation, printing and the checks here
reads the statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar

from evosearch.errors import ProgramError
from primitives import BUILT_IN, Kind, Operation, Table, fits, join
from primitives.kinds import join_two

RESERVED: Mapping[str, Kind] = MappingProxyType(
    {"w": Kind.TENSOR, "g": Kind.TENSOR, "lr": Kind.SCALAR, "t": Kind.SCALAR}
)
"""The inputs that every program may name: weights, gradient, learning rate, step (1, 2, …)."""

Argument = str | float
"""A name, or a literal."""

_LONGEST_SHOWN = 80  # characters of a name in a message
_SCALAR = Kind.SCALAR  # looking up a member of an enumeration takes long in Python 3.11
_WALKS = 2  # over the statements, before the growth of kinds among slots is worked out by itself


@dataclass(frozen=True, slots=True)
class Statement:
    """Describes one assignment, `target = primitive(*arguments)`."""

    target: str
    primitive: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Program:
    """Is an update rule as a list of statements, checked when it is made.

    `inputs` are the positional names in the signature's order, reserved inputs and state slots
    alike; `returns` are the direction and then the new value of each slot, in that order.

    Raises:
        ProgramError: a name is undefined, a primitive unknown, the number of arguments or of
            returned values wrong, or the kind of a value too large.
    """

    name: str
    inputs: tuple[str, ...]
    hyperparameters: tuple[tuple[str, float], ...]
    statements: tuple[Statement, ...]
    returns: tuple[str, ...]
    doc: str = field(default="", compare=False)
    table: Table = field(default=BUILT_IN, compare=False, repr=False)
    """The operations that the statements may name."""
    slot_kinds: Mapping[str, Kind] = field(init=False, compare=False, repr=False)
    """The inferred kind of each slot."""

    # What rooms above answer of a program. `evosearch.api.language` puts functions
    # here, which makes them methods; nothing in this room knows of graphs, formulas or searches.
    latex: ClassVar[Callable[[Program], str]]
    """Writes the equations; see `evosearch.latex`."""
    recognise: ClassVar[Callable[[Program], Any]]
    """Says which known rule it is; see `evosearch.recognise`."""
    simplify: ClassVar[Callable[[Program], Any]]
    """Finds the shortest program that does the same; see `evosearch.simplify`."""

    def __post_init__(self) -> None:
        if len(self.returns) != 1 + len(self.slots):
            expected = ", ".join(["the direction", *(f"the new {slot}" for slot in self.slots)])
            raise ProgramError(
                f"expected {1 + len(self.slots)} returned value{'s' * bool(self.slots)} "
                f"({expected}), got {len(self.returns)}; return the direction first, then the new "
                "value of every state slot in the signature's order"
            )
        object.__setattr__(self, "slot_kinds", infer_slot_kinds(self))

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """Names the state slots, in the signature's order."""
        return tuple(name for name in self.inputs if name not in RESERVED)


def signature_kinds(program: Program, slots: Mapping[str, Kind]) -> dict[str, Kind]:
    """Gives the kind of every name that is bound before the first statement."""
    kinds = {name: RESERVED[name] for name in program.inputs if name in RESERVED}
    kinds.update(slots)
    kinds.update((name, _SCALAR) for name, _ in program.hyperparameters)
    return kinds


def walk_kinds(program: Program, slots: Mapping[str, Kind]) -> Iterator[dict[str, Kind]]:
    """Yields the kinds of all bound names before each statement, and at last after the final one.

    The same dictionary is updated and yielded again. The state slots have the kinds `slots`.

    Raises:
        ProgramError: see `Program`.
    """
    bound = signature_kinds(program, slots)
    operations = program.table.operations
    for index, statement in enumerate(program.statements):
        yield bound
        bound[statement.target] = _result_kind(statement, bound, index, operations)
    yield bound


def infer_slot_kinds(program: Program) -> dict[str, Kind]:
    """Finds for each slot the smallest kind that can hold every value stored in it.

    A slot starts as a scalar and grows to the kind of what is returned for it, until nothing
    changes. Mostly that is at the second walk. Where growth goes from slot to slot, the walks
    would be many; but a kind is the largest of some kinds, so it is enough to know on which slots
    it depends.
    """
    slots = dict.fromkeys(program.slots, _SCALAR)
    for _ in range(_WALKS):
        *_, bound = walk_kinds(program, slots)
        for name in program.returns:
            if name not in bound:
                raise ProgramError(_undefined(name, bound))
        grown = {
            slot: join_two(kind, bound[returned])
            for (slot, kind), returned in zip(slots.items(), program.returns[1:], strict=True)
        }
        if grown == slots:
            return slots
        slots = grown
    origins = _slots_behind(program)
    behind = [origins.get(name, frozenset()) for name in program.returns[1:]]
    while True:
        grown = {
            slot: join([kind, *(slots[other] for other in others)])
            for (slot, kind), others in zip(slots.items(), behind, strict=True)
        }
        if grown == slots:
            break
        slots = grown
    for _ in walk_kinds(program, slots):  # what fits a scalar slot may not fit a larger one
        pass
    return slots


def _slots_behind(program: Program) -> dict[str, frozenset[str]]:
    """Gives for each name bound at the end the slots from which its kind may grow."""
    behind = {slot: frozenset({slot}) for slot in program.slots}
    for statement in program.statements:
        parts = [behind[a] for a in statement.arguments if isinstance(a, str) and a in behind]
        reduces = program.table.operations[statement.primitive].reduces_to is not None
        behind[statement.target] = frozenset() if reduces else frozenset().union(*parts)
    return behind


def _result_kind(
    statement: Statement,
    bound: Mapping[str, Kind],
    index: int,
    operations: Mapping[str, Operation],
) -> Kind:
    # Runs for every statement of every mutant: only what is wrong is looked into.
    operation = operations.get(statement.primitive)
    if operation is None or len(statement.arguments) != len(operation.accepts):
        raise ProgramError(_misapplied(statement, bound, operations), index)
    result = operation.at_least
    for argument, largest in zip(statement.arguments, operation.accepts, strict=True):
        if isinstance(argument, str):
            kind = bound.get(argument)
            if kind is not largest and (kind is None or not fits(kind, largest)):
                raise ProgramError(_misapplied(statement, bound, operations), index)
            if kind is not result:
                result = kind if result is _SCALAR else join_two(result, kind)
    return result if operation.reduces_to is None else operation.reduces_to


def _misapplied(
    statement: Statement, bound: Mapping[str, Kind], operations: Mapping[str, Operation]
) -> str:
    """Tells what is wrong with a statement."""
    operation = operations.get(statement.primitive)
    if operation is None:
        return f"unknown function '{statement.primitive}'"
    if len(statement.arguments) != operation.arity:
        return (
            f"{operation.name} expected {operation.arity} "
            f"argument{'s' * (operation.arity != 1)}, got {len(statement.arguments)}; "
            f"it means {operation.definition}"
        )
    for position, argument in enumerate(statement.arguments):
        if not isinstance(argument, str):
            continue
        if argument not in bound:
            return _undefined(argument, bound)
        if not fits(bound[argument], operation.accepts[position]):
            scalar = operation.accepts[position] is Kind.SCALAR
            allowed = "a scalar" if scalar else "a scalar or one number per tensor"
            return (
                f"argument {position + 1} of {operation.name} must be {allowed}, got the "
                f"{bound[argument]} '{argument}'; try a hyperparameter, or a reduction such as "
                f"mean({argument})"
            )
    raise AssertionError(statement)


def _undefined(name: str, bound: Mapping[str, Kind]) -> str:
    close = get_close_matches(name, bound, n=1)
    hint = f"did you mean '{close[0]}'?" if close else "assign it first, or add it to the signature"
    shown = name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…"
    return f"undefined name '{shown}'; {hint}"
