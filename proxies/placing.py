"""Where each value of a rule's step lies: a plan as code over as few buffers as liveness allows.

A value may take the buffer of an operand that dies with it, the new value of a slot goes straight
into the slot where nothing reads the old one afterwards, and once the gradient has been read its
buffer serves too. So a step allocates nothing, and its buffers stay in the processor's cache.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

from primitives import PRIMITIVES, Kind, join
from proxies.plan import Plan, Step

SCRATCH, SLOT, INPUT, SCHEDULED, LAYOUT = "scratch", "slot", "input", "scheduled", "layout"
SPREAD, COPY = "spread", "copy"
"""Operations besides the primitives: a leaf value over its tensor, and a value as it is."""
_NEVER = 1 << 60


class Place(NamedTuple):
    """Where a value lies."""

    room: str
    """`SCRATCH`, `SLOT`, `INPUT` ("w" or "g"), `SCHEDULED` (known before training) or `LAYOUT`
    (depends on the model alone, as the number of elements does)."""
    key: int | str
    """The scratch buffer's number, the slot's or input's name, the scheduled register, or the
    primitive that tells of the layout."""
    kind: Kind


@dataclass(frozen=True, slots=True)
class Line:
    """Computes one value; the result may lie where an operand lies."""

    op: str
    """A primitive, `SPREAD` or `COPY`."""
    operands: tuple[Place, ...]
    result: Place
    guarded: bool = False
    wide: bool = False
    """Whether scalar operands must be given in full size, as a reduction counts elements."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The lines of a step in order; when they have run, the states are new."""

    lines: tuple[Line, ...]
    direction: Place
    """A scalar or a tensor value."""
    scratch: Mapping[Kind, int]
    """The number of buffers of each kind."""


def place(plan: Plan, scheduled: Set[int]) -> Placed:
    """`scheduled` are the plan's registers that are known before training starts."""
    return _Placing(plan, scheduled).placed()


_Value = tuple[str, int]
"""What is placed: ("", register), or (`SPREAD` or `COPY`, register)."""


class _Planned(NamedTuple):
    op: str
    operands: tuple[_Value, ...]
    result: _Value
    kind: Kind
    guarded: bool = False
    wide: bool = False


class _Placing:
    def __init__(self, plan: Plan, scheduled: Set[int]) -> None:
        self._plan, self._scheduled = plan, scheduled
        self._planned: list[_Planned] = []
        self._made: set[_Value] = set()
        for index, step in enumerate(plan.steps):
            if index not in scheduled and is_primitive(step) and step.operands:
                self._plan_step(index, step)
        self._direction = self._kept(plan.direction, widen=True)
        self._writes = {
            state.name: self._kept(state.write, widen=state.kind is Kind.TENSOR)
            for state in plan.states
            if not self._is_slot(state.write, state.name)
        }
        self._last_read: dict[_Value, int] = {}
        for position, planned in enumerate(self._planned):
            self._last_read.update(dict.fromkeys(planned.operands, position))
        for value in (self._direction, *self._writes.values()):
            self._last_read[value] = _NEVER
        self._places: dict[_Value, Place] = {}
        self._free: dict[Kind, list[Place]] = defaultdict(list)
        self._count: Counter[Kind] = Counter()

    def _plan_step(self, index: int, step: Step) -> None:
        primitive = PRIMITIVES[step.op]
        kinds = [self._plan.steps[operand].kind for operand in step.operands]
        target = Kind.TENSOR if primitive.reduces else join(kinds)
        operands = tuple(
            self._spread(operand) if kind is Kind.LEAF and target is Kind.TENSOR else ("", operand)
            for operand, kind in zip(step.operands, kinds, strict=True)
        )
        result = ("", index)
        self._planned.append(
            _Planned(step.op, operands, result, step.kind, step.guarded, primitive.reduces)
        )

    def _spread(self, register: int) -> _Value:
        value = (SPREAD, register)
        if self._tells_layout(register):
            return value
        if value not in self._made:
            self._made.add(value)
            self._planned.append(_Planned(SPREAD, (("", register),), value, Kind.TENSOR))
        return value

    def _tells_layout(self, register: int) -> bool:
        step = self._plan.steps[register]
        return is_primitive(step) and not step.operands and register not in self._scheduled

    def _kept(self, register: int, *, widen: bool) -> _Value:
        """The value to read when all lines have run, when weights and slots may be new."""
        step = self._plan.steps[register]
        if widen and step.kind is Kind.LEAF:
            return self._spread(register)
        if step.op != "slot" and not (step.op == "input" and step.label == "w"):
            return "", register
        value = (COPY, register)
        if value not in self._made:
            self._made.add(value)
            self._planned.append(_Planned(COPY, (("", register),), value, step.kind))
        return value

    def _is_slot(self, register: int, name: str) -> bool:
        step = self._plan.steps[register]
        return step.op == "slot" and step.label == name

    def placed(self) -> Placed:
        homes = self._homes()
        lines = []
        for position, planned in enumerate(self._planned):
            operands = tuple(self._where(value) for value in planned.operands)
            for value in dict.fromkeys(planned.operands):
                if self._last_read[value] == position:
                    self._release(value)
            home = homes.get(planned.result)
            result = home or self._allocate(planned.kind)
            self._places[planned.result] = result
            if self._last_read.get(planned.result, position) <= position:
                self._release(planned.result)
            lines.append(Line(planned.op, operands, result, planned.guarded, planned.wide))
        for state in self._plan.states:
            slot = Place(SLOT, state.name, state.kind)
            if state.name in self._writes:
                found = self._where(self._writes[state.name])
                if found != slot:
                    lines.append(Line(COPY, (found,), slot))
        return Placed(tuple(lines), self._where(self._direction), dict(self._count))

    def _homes(self) -> dict[_Value, Place]:
        """The new values that can be computed in their slot."""
        made_at = {planned.result: position for position, planned in enumerate(self._planned)}
        old_read = {
            step.label: self._last_read.get(("", index), -1)
            for index, step in enumerate(self._plan.steps)
            if step.op == "slot"
        }
        homes: dict[_Value, Place] = {}
        for state in self._plan.states:
            value = self._writes.get(state.name)
            if value is None or value in homes or value not in made_at:
                continue
            planned = self._planned[made_at[value]]
            # A line may overwrite what it reads itself, unless it spreads it.
            if planned.kind is state.kind and old_read.get(state.name, -1) <= made_at[value]:
                homes[value] = Place(SLOT, state.name, state.kind)
        return homes

    def _where(self, value: _Value) -> Place:
        if value not in self._places:
            how, register = value
            step = self._plan.steps[register]
            if self._tells_layout(register):
                kind = Kind.TENSOR if how == SPREAD else step.kind
                self._places[value] = Place(LAYOUT, step.op, kind)
            elif register in self._scheduled:
                self._places[value] = Place(SCHEDULED, register, step.kind)
            else:
                room = SLOT if step.op == "slot" else INPUT
                self._places[value] = Place(room, step.label, step.kind)
        return self._places[value]

    def _release(self, value: _Value) -> None:
        found = self._places[value]
        if found.room == SCRATCH or found[:2] == (INPUT, "g"):
            self._free[found.kind].append(found)

    def _allocate(self, kind: Kind) -> Place:
        if self._free[kind]:
            return self._free[kind].pop()
        self._count[kind] += 1
        return Place(SCRATCH, self._count[kind] - 1, kind)


def is_primitive(step: Step) -> bool:
    """Whether the step computes something."""
    return step.op not in ("constant", "input", "slot")
