"""Which lines of many rules can be computed in one call, and in which order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from primitives import Kind, Primitive
from proxies.updates.step_lines import Line, Move, Value

_PER_LINE = 1.3
"""By measurement: over 256 mutants, 229 groups of 1,890 lines; 364 if the largest goes first."""


class Key(NamedTuple):
    """What lines share that are computed in one call."""

    op: Primitive | Move
    guarded: bool
    operands: tuple[Kind, ...]
    result: Kind


class Group(NamedTuple):
    """Lines of different rules, or of one, none of which reads another's result."""

    key: Key
    lines: tuple[tuple[int, Line], ...]
    """Each with the number of its rule."""

    @property
    def operands(self) -> list[tuple[int, Value]]:
        """What is read, first the first operands of all lines, then the second, and so on."""
        positions = range(len(self.key.operands))
        return [(number, line.operands[i]) for i in positions for number, line in self.lines]


def group(rules: Sequence[Sequence[Line]]) -> list[Group]:
    """The lines of all rules, each after those that it reads.

    A line can be computed once its operands are. Of the keys of such lines the one goes next that
    cannot gain much by waiting, since few of its lines are still to come, and for which many lines
    wait in turn.
    """
    readers: dict[tuple[int, Value], list[_Waiting]] = defaultdict(list)
    ready: dict[Key, list[_Waiting]] = defaultdict(list)
    awaited: dict[Key, float] = defaultdict(float)
    left: Counter[Key] = Counter()

    def put(waiting: _Waiting) -> None:
        ready[waiting.key].append(waiting)
        awaited[waiting.key] += waiting.weight

    for number, lines in enumerate(rules):
        weights = _weights(lines)
        for line in lines:
            missing = weights.keys() & line.operands
            waiting = _Waiting(number, line, _key(line), weights[line.result], len(missing))
            left[waiting.key] += 1
            for value in missing:
                readers[number, value].append(waiting)
            if not missing:
                put(waiting)
    found = []
    while ready:
        key = max(ready, key=lambda key: awaited[key] / left[key])
        chosen = ready.pop(key)
        left[key] -= len(chosen)
        del awaited[key]
        found.append(Group(key, tuple((waiting.number, waiting.line) for waiting in chosen)))
        for waiting in chosen:
            for reader in readers[waiting.number, waiting.line.result]:
                reader.missing -= 1
                if not reader.missing:
                    put(reader)
    return found


@dataclass(slots=True)
class _Waiting:
    """A line of a rule of that number, until its group is found."""

    number: int
    line: Line
    key: Key
    weight: float
    missing: int
    """How many of its operands are still to be computed."""


def _weights(lines: Sequence[Line]) -> dict[Value, float]:
    """How much each result is waited for: more, the longer the chain of lines behind it."""
    depth: dict[Value, int] = {}
    for line in reversed(lines):
        behind = depth.setdefault(line.result, 0) + 1
        for operand in line.operands:
            depth[operand] = max(depth.get(operand, 0), behind)
    return {line.result: _PER_LINE ** depth[line.result] for line in lines}


def _key(line: Line) -> Key:
    kinds = tuple(operand.kind for operand in line.operands)
    return Key(line.op, line.guarded, kinds, line.result.kind)
