"""Reduces a plan to what is left of it in training: the lines of a step.

Values that depend on the step, the learning rate and the rule's constants alone (bias corrections,
decay powers) are known before training starts; values that depend on the model's layout alone never
change. A value that meets larger ones is spread by a line of its own, unless it is a scalar, which
every call broadcasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primitives import Kind, Primitive
from proxies.updates.plan import Plan, Register


class Move(Enum):
    """Names what is done to values besides computing primitives of them."""

    SPREAD = "spread"
    """Repeats a value over a larger kind."""
    COPY = "copy"
    """Takes a value as it is."""


class Value(NamedTuple):
    """Is a register in its own kind, or spread over a larger one."""

    register: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Line:
    """Computes one value from others."""

    op: Primitive | Move
    operands: tuple[Value, ...]
    result: Value
    guarded: bool = False
    """Whether the primitive's guarded form must be used."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Holds the lines of a step in order.

    Operands that no line computes are inputs, slots, foreknown, or depend on the layout alone.
    """

    lines: tuple[Line, ...]
    direction: Value
    """The value of the direction, of kind scalar or tensor."""
    writes: Mapping[str, Value]
    """The new values of the slots that change."""


def lines(plan: Plan, foreknown: Set[int]) -> Lines:
    """Gives the lines of a plan's step.

    The registers in `foreknown` are known before training starts.
    """
    made: dict[Value, Line] = {}

    def given(number: int, kind: Kind) -> Value:
        own = Value(number, plan.registers[number].kind)
        if own.kind is kind or own.kind is Kind.SCALAR:
            return own
        value = Value(number, kind)
        if not tells_layout(plan, number) and value not in made:
            made[value] = Line(Move.SPREAD, (own,), value)
        return value

    for number, register in enumerate(plan.registers):
        if number in foreknown or not is_primitive(register) or not register.operands:
            continue
        primitive = register.primitive
        kind = primitive.meeting_kind([plan.registers[o].kind for o in register.operands])
        operands = tuple(given(operand, kind) for operand in register.operands)
        result = Value(number, register.kind)
        made[result] = Line(primitive, operands, result, register.guarded)
    direction = given(plan.direction, Kind.TENSOR)
    writes = {
        state.name: given(state.write, state.kind)
        for state in plan.states
        if plan.registers[state.write].op != "slot"
        or plan.registers[state.write].label != state.name
    }
    return Lines(tuple(made.values()), direction, writes)


class Foreknown(NamedTuple):
    """Holds a register's values in training, known before it starts."""

    values: NDArray[np.float64]
    """The numbers `[steps or 1, k or 1]`, for each step and replica."""
    shared: bool
    """Whether all replicas have the same, as neither learning rates nor constants matter.

    It follows from the plan, never from the replicas, since shared numbers may round otherwise.
    """

    def of(self, replica: int) -> NDArray[np.float64]:
        """Gives a replica's numbers, `[steps or 1, 1]`, one after the other in memory."""
        return np.ascontiguousarray(self.values[:, [0 if self.shared else replica]])


def foreknown(
    plan: Plan, rates: NDArray[np.float64], constants: NDArray[np.float64]
) -> dict[int, Foreknown]:
    """Computes, by number, the registers that no gradient, weight or state reaches, in float64.

    `rates` is `[steps, k]`, the learning rate of each step and replica; `constants` is `[c, k]`,
    the values of the plan's constants in each replica.
    """
    own = dict(zip(plan.constants, constants, strict=True))
    known: dict[int, Foreknown] = {}
    steps = np.arange(1, len(rates) + 1, dtype=np.float64)[:, None]
    with np.errstate(all="ignore"):
        for number, register in enumerate(plan.registers):
            if register.op == "constant":
                known[number] = Foreknown(np.full((1, 1), register.value), shared=True)
            elif register.op == "hyperparameter":
                known[number] = Foreknown(own[register.label][None], shared=False)
            elif register.op == "input" and register.kind is Kind.SCALAR:
                shared = register.label == "t"
                known[number] = Foreknown(steps if shared else rates, shared)
            elif is_primitive(register) and all(o in known for o in register.operands):
                primitive = register.primitive
                if not primitive.reduces:
                    known[number] = _computed(primitive, [known[o] for o in register.operands])
    return known


def _computed(primitive: Primitive, operands: Sequence[Foreknown]) -> Foreknown:
    """Computes a primitive for each replica by itself, where they do not share it.

    numpy takes other code where one number meets many (`x ** 0.5` is then a root) than where each
    has its own, which may round otherwise; so what is computed at once must not depend on who
    shares the batch.
    """
    if all(operand.shared for operand in operands):
        return Foreknown(primitive.numpy(*(operand.values for operand in operands)), shared=True)
    columns = [
        primitive.numpy(*(operand.of(replica) for operand in operands))
        for replica in range(max(operand.values.shape[1] for operand in operands))
    ]
    return Foreknown(np.hstack(columns), shared=False)


def is_primitive(register: Register) -> bool:
    """Tells whether the register is computed rather than given."""
    return register.row is not None


def tells_layout(plan: Plan, number: int) -> bool:
    """Tells whether a register depends on the layout alone, as the number of elements does."""
    register = plan.registers[number]
    return is_primitive(register) and not register.operands
