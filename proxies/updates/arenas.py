"""Lays out the rows in which the values of a cohort's step lie.

The lines of all rules run in groups, whose operands should lie side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from primitives import Kind, Primitive
from proxies.updates.grouping import Group
from proxies.updates.member import Member
from proxies.updates.step_lines import Line, Move, Value, foreknown, lines, tells_layout

Rows = NDArray[np.int64]
"""Numbers of rows of an arena, one for each replica of a rule."""
_Key = tuple[int | Primitive, Value | Kind | str]
"""The name under which rows are filed: a rule's number with its value, input or slot; or a
primitive that depends on the layout alone, with a kind."""


class Ruled:
    """Holds a member's rule as lines.

    The last lines spread the direction and the new states to the kinds in which they are kept.
    """

    def __init__(self, member: Member) -> None:
        self.plan, self.replicas = member.plan, member.rows
        self.foreknown = foreknown(member.plan, member.rates, member.constants)
        step = lines(member.plan, self.foreknown.keys())
        kinds = {state.name: state.kind for state in member.plan.states}
        self.direction = Value(step.direction.register, Kind.TENSOR)
        self.writes = {name: Value(v.register, kinds[name]) for name, v in step.writes.items()}
        given = (step.direction, *step.writes.values())
        spread = {
            w: Line(Move.SPREAD, (v,), w) for v, w in zip(given, self.left, strict=True) if v != w
        }
        self.lines = (*step.lines, *spread.values())

    @property
    def left(self) -> tuple[Value, ...]:
        """Names the values read after all lines have run: the direction and the new states."""
        return self.direction, *self.writes.values()


class Arenas:
    """Keeps one arena for each kind of value; a value has a row for each replica of its rule.

    The tensor arena begins with `padded` rows of weights and as many of gradients. There follow in
    each arena the slots, the foreknown numbers, and the results, in the order in which the groups
    use them, so that many operands lie side by side as they are.
    """

    def __init__(self, rules: Sequence[Ruled], groups: Sequence[Group], padded: int) -> None:
        self._rules = rules
        self._rows: dict[_Key, Rows] = {}
        self.sizes: Counter[Kind] = Counter(dict.fromkeys(Kind, 0))
        """The number of rows of each arena."""
        self._place_inputs(padded)
        reads = [read for group in groups for read in group.operands]
        reads += [(number, value) for number, rule in enumerate(rules) for value in rule.left]
        self.slots = self._place_slots(reads)
        """The rows of all slots of each kind."""
        self.foreknown = self._place_foreknown(reads)
        """The foreknown numbers `[steps or 1, k or 1]`, each with its rows."""
        self.layout = self._place_layout(reads)
        """The row that holds each primitive without arguments, by primitive and kind."""
        for group in groups:
            for number, line in group.lines:
                self._take((number, line.result), line.result.kind, rules[number].replicas)

    def of(self, number: int, value: Value) -> Rows:
        """Gives the rows in which a value of a rule lies."""
        register = self._rules[number].plan.registers[value.register]
        if (number, value) in self._rows:
            return self._rows[number, value]
        if register.op in ("input", "slot"):
            return self._rows[number, register.label]
        return np.repeat(self._rows[register.primitive, value.kind], self._rules[number].replicas)

    def of_slot(self, number: int, name: str) -> Rows:
        """Gives the rows in which a slot of a rule lies."""
        return self._rows[number, name]

    def written(self, kind: Kind) -> Rows:
        """Gives, for each row of the slots of that kind, the row in which its new value lies."""
        slots = self.slots[kind]
        sources = np.arange(slots.start, slots.stop)
        for number, rule in enumerate(self._rules):
            for name, value in rule.writes.items():
                if value.kind is kind:
                    sources[self.of_slot(number, name) - slots.start] = self.of(number, value)
        return sources

    def _take(self, key: _Key, kind: Kind, count: int) -> Rows:
        first = self.sizes[kind]
        self.sizes[kind] += count
        rows = self._rows[key] = np.arange(first, first + count)
        return rows

    def _place_inputs(self, padded: int) -> None:
        for first, name in ((0, "w"), (padded, "g")):
            self.sizes[Kind.TENSOR] = first
            for number, rule in enumerate(self._rules):
                self._take((number, name), Kind.TENSOR, rule.replicas)
        self.sizes[Kind.TENSOR] = 2 * padded

    def _place_slots(self, reads: Sequence[tuple[int, Value]]) -> dict[Kind, slice]:
        first = dict(self.sizes)
        states = {
            (number, state.name): state.kind
            for number, rule in enumerate(self._rules)
            for state in rule.plan.states
        }
        read = ((number, self._rules[number].plan.registers[v.register]) for number, v in reads)
        used = [(number, register.label) for number, register in read if register.op == "slot"]
        for number, name in dict.fromkeys([*used, *states]):
            kind = states[number, name]
            self._take((number, name), kind, self._rules[number].replicas)
        return {kind: slice(first[kind], self.sizes[kind]) for kind in Kind}

    def _place_foreknown(
        self, reads: Sequence[tuple[int, Value]]
    ) -> list[tuple[NDArray[np.float64], Rows]]:
        placed = []
        for number, value in dict.fromkeys(reads):
            rule = self._rules[number]
            if value.register in rule.foreknown:
                rows = self._take((number, value), Kind.SCALAR, rule.replicas)
                placed.append((rule.foreknown[value.register].values, rows))
        return placed

    def _place_layout(
        self, reads: Sequence[tuple[int, Value]]
    ) -> dict[tuple[Primitive, Kind], int]:
        placed: dict[tuple[Primitive, Kind], int] = {}
        for number, value in reads:
            rule = self._rules[number]
            if not tells_layout(rule.plan, value.register):
                continue
            op = rule.plan.registers[value.register].primitive
            if value.register not in rule.foreknown and (op, value.kind) not in placed:
                placed[op, value.kind] = int(self._take((op, value.kind), value.kind, 1)[0])
        return placed
