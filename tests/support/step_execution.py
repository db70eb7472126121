"""A schedule of an exported step, executed with numpy by hand: variable by variable."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evosearch.export.pytorch.instructions import Copy, Instruction
from evosearch.export.pytorch.schedule import Schedule
from evosearch.export.pytorch.step import Step
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, SLOT, Node
from primitives import PRIMITIVES, Fusion, Kind, NumpySegments, Primitive
from primitives.primitive import LETTERS

Array = NDArray[np.float64]


def values_of(
    nodes: Sequence[Node], given: Mapping[str, Any], segments: NumpySegments
) -> list[Any]:
    """For each node its value by the table's definitions, `[D]` or a number.

    `given` has the inputs and states, and hyperparameters that differ from their defaults.
    """
    values: list[Any] = []
    for node in nodes:
        if node.op in (CONSTANT, HYPERPARAMETER):
            values.append(np.float64(given.get(node.label, node.value)))
        elif node.row is None:
            values.append(given[node.label])
        else:
            values.append(applied(node.row, [values[i] for i in node.operands], segments))
    return values


def applied(row: Primitive, values: Sequence[Any], segments: NumpySegments) -> Any:
    """A primitive's value by its definition; what a reduction gives is spread over `[D]`."""
    with np.errstate(all="ignore"):
        if not row.reduces:
            return row.numpy(*values)
        spread = [np.broadcast_to(value, segments.total) for value in values]
        result = row.numpy(segments, *spread)
    assert row.reduces_to is not None
    return segments.spread(result, row.reduces_to, Kind.TENSOR)


def fused(row: Fusion, values: Sequence[Any]) -> Any:
    """The value of a fusion's pattern, read as Python."""
    names: dict[str, Any] = dict(zip(LETTERS, values, strict=False))
    for node in ast.walk(ast.parse(row.pattern)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names[node.func.id] = PRIMITIVES[node.func.id].numpy
    with np.errstate(all="ignore"):
        return eval(row.pattern, {}, names)


class Machine:
    """The variables of a step and what they hold, as torch's code would have them.

    It knows of a schedule only what code says: which variables an entry reads, and which it
    writes. Whether a variable still holds the node that is meant is asserted at every read.
    """

    def __init__(
        self,
        step: Step,
        schedule: Schedule,
        segments: NumpySegments,
        given: Mapping[str, Any],
        states: Mapping[str, Array],
        pure: bool = False,
    ) -> None:
        """`pure` code stores states beside the variables, in the tensors that it was given."""
        self._pure = pure
        self.stored: dict[str, Array] = {}
        self._step, self._schedule, self._segments, self._given = step, schedule, segments, given
        self.values: dict[str, Array] = {"p": given["w"], "g": given["g"]}
        self.values |= {
            slot.name: states.get(slot.name, np.zeros(1))
            for slot in schedule.states
            if slot.name != "p"
        }
        self._holds: dict[str, int] = {}
        self._place: dict[int, str] = {}
        for index, node in enumerate(step.nodes):
            if node.op == SLOT or (node.op == INPUT and not step.numbers[index]):
                self._hold({"w": "p"}.get(node.label, node.label), index)

    def run(self) -> None:
        """Executes all entries, giving up what is to be given up before each."""
        for number, entry in enumerate(self._schedule.entries):
            self._free(number)
            if isinstance(entry, Copy):
                self._copy(entry)
            else:
                self._compute(entry)
        self._free(len(self._schedule.entries))

    def result(self, place: str) -> Array:
        """What a state or the parameter is in the end."""
        return (self.stored if self._pure else self.values)[place]

    def _free(self, number: int) -> None:
        for name in self._schedule.freed.get(number, ()):
            del self.values[name], self._holds[name]

    def _hold(self, name: str, node: int) -> None:
        self._holds[name] = node
        self._place[node] = name

    def _read(self, node: int) -> Array:
        if self._step.numbers[node]:
            return self._number(node)
        name = self._place[node]
        assert self._holds[name] == node, f"{name} holds {self._holds[name]}, not {node}"
        return self.values[name]

    def _number(self, index: int) -> Any:
        node = self._step.nodes[index]
        if node.op in (CONSTANT, HYPERPARAMETER):
            return np.float64(self._given.get(node.label, node.value))
        if node.op == INPUT:
            return np.float64(self._given[node.label])
        values = [self._number(operand) for operand in node.operands]
        return applied(node.primitive, values, self._segments)

    def _copy(self, entry: Copy) -> None:
        if entry.source:
            assert self._holds[entry.source] == entry.node
        value = self.values[entry.source] if entry.source else self._read(entry.node)
        if self._pure and entry.is_state:
            self.stored[entry.place] = np.copy(value)
            return
        self.values[entry.place] = np.copy(value)
        self._holds[entry.place] = entry.node

    def _compute(self, entry: Instruction) -> None:
        values = [self._read(operand) for operand in entry.operands]
        states = {slot.name for slot in self._schedule.states}
        if entry.overwrites is not None:
            assert self._place[entry.overwrites] == entry.place
        elif not entry.stores:
            assert entry.place not in self.values or entry.place in states
        if isinstance(entry.row, Fusion):
            result = fused(entry.row, values)
        else:
            result = applied(entry.row, values, self._segments)
        self.values[entry.place] = result
        self._hold(entry.place, entry.node)
