"""Places the values of a rule's step in as few buffers as liveness allows.

A value may take the buffer of an operand that dies with it, the new value of a slot goes straight
into the slot where nothing reads the old one afterwards, and once the gradient has been read its
buffer serves too. So a step allocates nothing, and its buffers stay in the processor's cache.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

from primitives import Kind, Primitive
from proxies.updates.plan import Plan
from proxies.updates.step_lines import Line, Move, Value, lines, tells_layout

SCRATCH, SLOT, INPUT, FOREKNOWN, LAYOUT = "scratch", "slot", "input", "foreknown", "layout"
_NEVER = 1 << 60


class Place(NamedTuple):
    """Names a buffer in which a value lies."""

    room: str
    """`SCRATCH`, `SLOT`, `INPUT` ("w" or "g"), `FOREKNOWN` (before training starts) or `LAYOUT`
    (depends on the model's layout alone, as the number of elements does)."""
    key: int | str | Primitive
    """The scratch buffer's number, the slot's or input's name, the foreknown register, or the
    primitive that says something of the layout."""
    kind: Kind


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """Computes one value; the result may lie where an operand lies."""

    op: Primitive | Move
    operands: tuple[Place, ...]
    result: Place
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """Holds the lines of a step in order; when they have run, the states are new."""

    lines: tuple[PlacedLine, ...]
    direction: Place
    """The place of the direction, a scalar or a tensor value."""
    scratch: Mapping[Kind, int]
    """The number of buffers of each kind."""


def place(plan: Plan, foreknown: Set[int]) -> Placed:
    """Gives the lines of a plan, with a place for each of their values.

    `foreknown` holds the numbers of the registers that are known before training starts.
    """
    return _Placing(plan, foreknown).placed()


class _Placing:
    def __init__(self, plan: Plan, foreknown: Set[int]) -> None:
        self._plan, self._foreknown = plan, foreknown
        step = lines(plan, foreknown)
        self._lines = list(step.lines)
        self._copies: dict[Value, Value] = {}
        self._direction = self._kept(step.direction)
        self._writes = {name: self._kept(value) for name, value in step.writes.items()}
        self._last_read: dict[Value, int] = {}
        for position, line in enumerate(self._lines):
            self._last_read.update(dict.fromkeys(line.operands, position))
        for value in (self._direction, *self._writes.values()):
            self._last_read[value] = _NEVER
        self._places: dict[Value, Place] = {}
        self._free: dict[Kind, list[Place]] = defaultdict(list)
        self._count: Counter[Kind] = Counter()

    def _kept(self, value: Value) -> Value:
        """Finds the value to read when all lines have run.

        Weights and slots may be overwritten by then, so an old one is copied first.
        """
        register = self._plan.registers[value.register]
        old = register.op == "slot" or (register.op == "input" and register.label == "w")
        if not old or value.kind is not register.kind:
            return value
        if value not in self._copies:
            # A register of its own, under a number that none of the plan's has.
            self._copies[value] = Value(-1 - value.register, value.kind)
            self._lines.append(Line(Move.COPY, (value,), self._copies[value]))
        return self._copies[value]

    def placed(self) -> Placed:
        homes = self._homes()
        placed = []
        for position, line in enumerate(self._lines):
            operands = tuple(self._where(value) for value in line.operands)
            for value in dict.fromkeys(line.operands):
                if self._last_read[value] == position:
                    self._release(value)
            result = homes.get(line.result) or self._allocate(line.result.kind)
            self._places[line.result] = result
            if self._last_read.get(line.result, position) <= position:
                self._release(line.result)
            placed.append(PlacedLine(line.op, operands, result, line.guarded))
        for state in self._plan.states:
            slot = Place(SLOT, state.name, state.kind)
            if state.name in self._writes:
                written = self._where(self._writes[state.name])
                if written != slot:
                    move = Move.COPY if written.kind is slot.kind else Move.SPREAD
                    placed.append(PlacedLine(move, (written,), slot))
        return Placed(tuple(placed), self._where(self._direction), dict(self._count))

    def _homes(self) -> dict[Value, Place]:
        """Finds the new values that can be computed in their slot."""
        made_at = {line.result: position for position, line in enumerate(self._lines)}
        old_read = {
            register.label: self._last_read.get(Value(number, register.kind), -1)
            for number, register in enumerate(self._plan.registers)
            if register.op == "slot"
        }
        homes: dict[Value, Place] = {}
        for state in self._plan.states:
            value = self._writes.get(state.name)
            if value is None or value in homes or value not in made_at:
                continue
            # A line may overwrite what it reads itself, unless it spreads it.
            if value.kind is state.kind and old_read.get(state.name, -1) <= made_at[value]:
                homes[value] = Place(SLOT, state.name, state.kind)
        return homes

    def _where(self, value: Value) -> Place:
        if value not in self._places:
            self._places[value] = self._given(value)
        return self._places[value]

    def _given(self, value: Value) -> Place:
        """Gives the place of a value that no line computes."""
        register = self._plan.registers[value.register]
        if value.register in self._foreknown:
            return Place(FOREKNOWN, value.register, register.kind)
        if tells_layout(self._plan, value.register):
            return Place(LAYOUT, register.primitive, value.kind)
        return Place(SLOT if register.op == "slot" else INPUT, register.label, register.kind)

    def _release(self, value: Value) -> None:
        left = self._places[value]
        if left.room == SCRATCH or left[:2] == (INPUT, "g"):
            self._free[left.kind].append(left)

    def _allocate(self, kind: Kind) -> Place:
        if self._free[kind]:
            return self._free[kind].pop()
        self._count[kind] += 1
        return Place(SCRATCH, self._count[kind] - 1, kind)
