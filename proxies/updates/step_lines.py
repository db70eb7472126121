"""What is left of a plan in training: the lines of a step.

Values that depend on the step and the learning rate alone (bias corrections, decay powers) are
known before training starts; values that depend on the model's layout alone never change. A leaf
value that meets a tensor is spread over it by a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primitives import Kind, Primitive, join
from proxies.updates.plan import Plan, Step


class Move(Enum):
    """What is done to values besides computing primitives of them."""

    SPREAD = "spread"
    """Repeats a value over a larger kind."""
    COPY = "copy"
    """Takes a value as it is."""


class Value(NamedTuple):
    """A register in its own kind, or spread over a larger one."""

    register: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Line:
    """Computes one value."""

    op: Primitive | Move
    operands: tuple[Value, ...]
    result: Value
    guarded: bool = False
    """Whether it must be the primitive's guarded form."""


@dataclass(frozen=True, slots=True)
class Lines:
    """In order; operands that no line computes are inputs, slots, scheduled, or of the layout."""

    lines: tuple[Line, ...]
    direction: Value
    """Of kind scalar or tensor."""
    writes: Mapping[str, Value]
    """The new values of the slots that change."""


def lines(plan: Plan, scheduled: Set[int]) -> Lines:
    """`scheduled` are the registers that are known before training starts."""
    found: dict[Value, Line] = {}

    def given(register: int, kind: Kind) -> Value:
        own = Value(register, plan.steps[register].kind)
        if own.kind is not Kind.LEAF or kind is not Kind.TENSOR:
            return own
        value = Value(register, kind)
        if not tells_layout(plan, register) and value not in found:
            found[value] = Line(Move.SPREAD, (own,), value)
        return value

    for index, step in enumerate(plan.steps):
        if index in scheduled or not is_primitive(step) or not step.operands:
            continue
        primitive = step.primitive
        widest = join(plan.steps[operand].kind for operand in step.operands)
        kind = Kind.TENSOR if primitive.reduces else widest
        operands = tuple(given(operand, kind) for operand in step.operands)
        result = Value(index, step.kind)
        found[result] = Line(primitive, operands, result, step.guarded)
    direction = given(plan.direction, Kind.TENSOR)
    writes = {
        state.name: given(state.write, state.kind)
        for state in plan.states
        if plan.steps[state.write].op != "slot" or plan.steps[state.write].label != state.name
    }
    return Lines(tuple(found.values()), direction, writes)


class Scheduled(NamedTuple):
    """A register's values in training, known before."""

    values: NDArray[np.float64]
    """`[steps or 1, k or 1]`, for each step and replica."""
    shared: bool
    """Whether all replicas have the same, as their learning rates do not matter."""


def schedule(plan: Plan, rates: NDArray[np.float64]) -> dict[int, Scheduled]:
    """The registers that no gradient, weight or state reaches, in float64.

    `rates` is `[steps, k]`, the learning rate of each step and replica.
    """
    found: dict[int, Scheduled] = {}
    steps = np.arange(1, len(rates) + 1, dtype=np.float64)[:, None]
    with np.errstate(all="ignore"):
        for index, step in enumerate(plan.steps):
            if step.op == "constant":
                found[index] = Scheduled(np.full((1, 1), step.value), shared=True)
            elif step.op == "input" and step.kind is Kind.SCALAR:
                shared = step.label == "t"
                found[index] = Scheduled(steps if shared else rates, shared)
            elif is_primitive(step) and all(operand in found for operand in step.operands):
                primitive = step.primitive
                if not primitive.reduces:
                    operands = [found[operand] for operand in step.operands]
                    values = primitive.numpy(*(operand.values for operand in operands))
                    found[index] = Scheduled(values, all(o.shared for o in operands))
    return found


def is_primitive(step: Step) -> bool:
    """Whether the step computes something."""
    return step.op not in ("constant", "input", "slot")


def tells_layout(plan: Plan, register: int) -> bool:
    """Whether it depends on the model's layout alone, as the number of elements does."""
    step = plan.steps[register]
    return is_primitive(step) and not step.operands
