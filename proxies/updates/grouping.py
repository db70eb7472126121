"""Decides which lines of many rules are computed in one call, and in which order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from primitives import Kind, Primitive
from proxies.updates.step_lines import Line, Move, Value

_PER_LINE = 1.3
"""The factor by which a line is waited for more, for each line in the chain behind it; measured by
`scripts/bench_training.py --only 6`."""


class Key(NamedTuple):
    """Holds what lines that are computed in one call have in common."""

    op: Primitive | Move
    guarded: bool
    operands: tuple[Kind, ...]
    result: Kind


class Group(NamedTuple):
    """Holds lines of one rule or several, none of which reads another's result."""

    key: Key
    lines: tuple[tuple[int, Line], ...]
    """The lines, each with the number of its rule."""

    @property
    def operands(self) -> list[tuple[int, Value]]:
        """Lists all lines' first operands, then the second ones, and so on, with their rules."""
        positions = range(len(self.key.operands))
        return [(number, line.operands[i]) for i in positions for number, line in self.lines]


def group(rules: Sequence[Sequence[Line]]) -> list[Group]:
    """Puts the lines of all rules in groups, each line in a later group than those it reads.

    A line is ready when its operands have been computed. Each turn makes one group of all ready
    lines that share a key, and chooses that key: the best has few lines that are not yet ready and
    so would miss the group, and long chains of lines that wait for its results.
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
    groups = []
    while ready:
        key = max(ready, key=lambda key: awaited[key] / left[key])
        chosen = ready.pop(key)
        left[key] -= len(chosen)
        del awaited[key]
        groups.append(Group(key, tuple((waiting.number, waiting.line) for waiting in chosen)))
        for waiting in chosen:
            for reader in readers[waiting.number, waiting.line.result]:
                reader.missing -= 1
                if not reader.missing:
                    put(reader)
    return groups


@dataclass(slots=True)
class _Waiting:
    """Is a line, with the number of its rule, that is in no group yet."""

    number: int
    line: Line
    key: Key
    weight: float
    missing: int
    """How many of its operands are still to be computed."""


def _weights(lines: Sequence[Line]) -> dict[Value, float]:
    """Weighs how much each result is waited for, which grows with the chain of lines behind it."""
    depth: dict[Value, int] = {}
    for line in reversed(lines):
        behind = depth.setdefault(line.result, 0) + 1
        for operand in line.operands:
            depth[operand] = max(depth.get(operand, 0), behind)
    return {line.result: _PER_LINE ** depth[line.result] for line in lines}


def _key(line: Line) -> Key:
    kinds = tuple(operand.kind for operand in line.operands)
    return Key(line.op, line.guarded, kinds, line.result.kind)
