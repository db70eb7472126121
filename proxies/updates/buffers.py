"""Where each value of a rule's step lies: its lines over as few buffers as liveness allows.

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

SCRATCH, SLOT, INPUT, SCHEDULED, LAYOUT = "scratch", "slot", "input", "scheduled", "layout"
_NEVER = 1 << 60


class Place(NamedTuple):
    """Where a value lies."""

    room: str
    """`SCRATCH`, `SLOT`, `INPUT` ("w" or "g"), `SCHEDULED` (known before training) or `LAYOUT`
    (depends on the model alone, as the number of elements does)."""
    key: int | str | Primitive
    """The scratch buffer's number, the slot's or input's name, the scheduled register, or the
    primitive that tells of the layout."""
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
    """The lines of a step in order; when they have run, the states are new."""

    lines: tuple[PlacedLine, ...]
    direction: Place
    """A scalar or a tensor value."""
    scratch: Mapping[Kind, int]
    """The number of buffers of each kind."""


def place(plan: Plan, scheduled: Set[int]) -> Placed:
    """`scheduled` are the plan's registers that are known before training starts."""
    return _Placing(plan, scheduled).placed()


class _Placing:
    def __init__(self, plan: Plan, scheduled: Set[int]) -> None:
        self._plan, self._scheduled = plan, scheduled
        found = lines(plan, scheduled)
        self._lines = list(found.lines)
        self._copies: dict[Value, Value] = {}
        self._direction = self._kept(found.direction)
        self._writes = {name: self._kept(value) for name, value in found.writes.items()}
        self._last_read: dict[Value, int] = {}
        for position, line in enumerate(self._lines):
            self._last_read.update(dict.fromkeys(line.operands, position))
        for value in (self._direction, *self._writes.values()):
            self._last_read[value] = _NEVER
        self._places: dict[Value, Place] = {}
        self._free: dict[Kind, list[Place]] = defaultdict(list)
        self._count: Counter[Kind] = Counter()

    def _kept(self, value: Value) -> Value:
        """The value to read when all lines have run, when weights and slots may be new."""
        step = self._plan.steps[value.register]
        old = step.op == "slot" or (step.op == "input" and step.label == "w")
        if not old or value.kind is not step.kind:
            return value
        if value not in self._copies:
            # A register of its own, which none of the plan's has for a number.
            self._copies[value] = Value(-1 - value.register, value.kind)
            self._lines.append(Line(Move.COPY, (value,), self._copies[value]))
        return self._copies[value]

    def placed(self) -> Placed:
        homes = self._homes()
        found = []
        for position, line in enumerate(self._lines):
            operands = tuple(self._where(value) for value in line.operands)
            for value in dict.fromkeys(line.operands):
                if self._last_read[value] == position:
                    self._release(value)
            result = homes.get(line.result) or self._allocate(line.result.kind)
            self._places[line.result] = result
            if self._last_read.get(line.result, position) <= position:
                self._release(line.result)
            found.append(PlacedLine(line.op, operands, result, line.guarded))
        for state in self._plan.states:
            slot = Place(SLOT, state.name, state.kind)
            if state.name in self._writes:
                written = self._where(self._writes[state.name])
                if written != slot:
                    found.append(PlacedLine(Move.COPY, (written,), slot))
        return Placed(tuple(found), self._where(self._direction), dict(self._count))

    def _homes(self) -> dict[Value, Place]:
        """The new values that can be computed in their slot."""
        made_at = {line.result: position for position, line in enumerate(self._lines)}
        old_read = {
            step.label: self._last_read.get(Value(index, step.kind), -1)
            for index, step in enumerate(self._plan.steps)
            if step.op == "slot"
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
            step = self._plan.steps[value.register]
            if value.register in self._scheduled:
                found = Place(SCHEDULED, value.register, step.kind)
            elif tells_layout(self._plan, value.register):
                found = Place(LAYOUT, step.primitive, value.kind)
            else:
                found = Place(SLOT if step.op == "slot" else INPUT, step.label, step.kind)
            self._places[value] = found
        return self._places[value]

    def _release(self, value: Value) -> None:
        found = self._places[value]
        if found.room == SCRATCH or found[:2] == (INPUT, "g"):
            self._free[found.kind].append(found)

    def _allocate(self, kind: Kind) -> Place:
        if self._free[kind]:
            return self._free[kind].pop()
        self._count[kind] += 1
        return Place(SCRATCH, self._count[kind] - 1, kind)
