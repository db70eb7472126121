"""Runs a graph over all steps of a given trajectory at once, as far as its states allow.

The reference interpreter goes step by step and pays for each operation at each step. Here only
what connects old states to new ones goes step by step. What comes before (and depends on no state)
and after (and reaches no state) is computed for all steps in one call each. The numbers are the
same.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, SOURCES, Graph
from evosearch.graph.traversal import reachable
from primitives import Kind, NumpySegments

Array = NDArray[np.float64]

_Instruction = tuple[int, Callable[..., Any], tuple[int, ...], tuple[tuple[int, Kind, Kind], ...]]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Holds weights and gradients `[S, D]` and learning rates `[S, 1]` of S steps."""

    segments: NumpySegments
    weights: Array
    gradients: Array
    rates: Array
    times: Array | None = None
    """The value of `t` in each step, `[S, 1]`; None for 1, 2, 3 …"""
    watched: int | None = None
    """The number of tensors, the first ones, whose sizes of states are noted; None for all."""


def follow(graph: Graph, inputs: Inputs) -> tuple[Array, Array]:
    """Gives the directions `[S, D]`, and the largest magnitude in any state after each step, `[S]`.

    The magnitudes are those in the watched tensors. Hyperparameters are at their defaults, states
    zero before the first step. Warnings of numpy are the caller's to silence.
    """
    return _Run(graph, inputs).directions_and_states()


class _Run:
    def __init__(self, graph: Graph, inputs: Inputs) -> None:
        self._graph, self._inputs = graph, inputs
        self._steps = len(inputs.weights)
        self._widths = inputs.segments.widths
        self._spread = inputs.segments.spread
        self._watched = {Kind.SCALAR: 1} | {
            kind: int(own[: inputs.watched].sum())
            for kind, own in inputs.segments.layout.owned.items()
        }
        self._values: list[Any] = [None] * len(graph.nodes)

    def directions_and_states(self) -> tuple[Array, Array]:
        graph, values = self._graph, self._values
        recurrent = self._recurrent()
        feeding = reachable(graph.nodes, (slot.write for slot in graph.slots))
        core: list[_Instruction] = []
        after: list[_Instruction] = []
        for index, node in enumerate(graph.nodes):
            if node.op == SLOT:
                continue
            if node.op in SOURCES:
                values[index] = self._source(index)
            elif index not in recurrent:
                self._compute(self._instruction(index), (self._steps,))
            else:
                (core if index in feeding else after).append(self._instruction(index))
        read = {graph.direction, *(operand for _, _, operands, _ in after for operand in operands)}
        largest = self._unroll(core, read) if graph.slots else np.zeros(self._steps)
        for instruction in after:
            self._compute(instruction, (self._steps,))
        direction = graph.nodes[graph.direction]
        shape = (self._steps,)
        result = self._spread(values[graph.direction], direction.kind, Kind.TENSOR, shape)
        return np.broadcast_to(result, (self._steps, self._inputs.segments.total)), largest

    def _recurrent(self) -> set[int]:
        """Finds the nodes that a state reaches."""
        reached: set[int] = set()
        for index, node in enumerate(self._graph.nodes):
            if node.op == SLOT or not reached.isdisjoint(node.operands):
                reached.add(index)
        return reached

    def _source(self, index: int) -> Any:
        node = self._graph.nodes[index]
        if node.op in (CONSTANT, HYPERPARAMETER):
            return np.float64(node.value)
        given = self._inputs
        if node.label == "t" and given.times is None:
            return np.arange(1.0, self._steps + 1)[:, None]
        return {"w": given.weights, "g": given.gradients, "lr": given.rates, "t": given.times}[
            node.label
        ]

    def _instruction(self, index: int) -> _Instruction:
        node = self._graph.nodes[index]
        primitive = node.primitive
        spreads = primitive.spreads([self._graph.nodes[operand].kind for operand in node.operands])
        if primitive.reduces:
            segments = self._inputs.segments
            return index, lambda *a: primitive.numpy(segments, *a), node.operands, spreads
        return index, primitive.numpy, node.operands, spreads

    def _compute(self, instruction: _Instruction, lead: tuple[int, ...]) -> None:
        index, function, operands, spreads = instruction
        values = self._values
        arguments = [values[operand] for operand in operands]
        for position, kind, into in spreads:
            arguments[position] = self._spread(arguments[position], kind, into, lead)
        values[index] = function(*arguments)

    def _unroll(self, core: Sequence[_Instruction], read_after: Container[int]) -> Array:
        """Runs the recurrence; leaves in slots, and in core nodes read after, all steps' values."""
        graph, values, slots = self._graph, self._values, self._graph.slots
        known = self._per_step(core)
        states: list[Any] = [np.zeros(self._widths[slot.kind]) for slot in slots]
        history: list[list[Any]] = [[state] for state in states]
        writes = [(slot.write, graph.nodes[slot.write].kind, slot.kind) for slot in slots]
        kept: dict[int, list[Any]] = {index: [] for index, *_ in core if index in read_after}
        for step in range(self._steps):
            for index, rows in known:
                values[index] = rows[step]
            for slot, past in zip(slots, history, strict=True):
                if slot.read is not None:
                    values[slot.read] = past[-1]
            for instruction in core:
                index, function, operands, spreads = instruction
                if spreads:
                    self._compute(instruction, ())
                else:
                    values[index] = function(*[values[operand] for operand in operands])
            for index, results in kept.items():
                results.append(values[index])
            for (write, kind, slot_kind), past in zip(writes, history, strict=True):
                value = values[write]
                if kind is not slot_kind or value.ndim != 1:
                    value = self._spread(value, kind, slot_kind, ())
                past.append(value)
        for index, results in kept.items():
            width = self._widths[graph.nodes[index].kind]
            values[index] = np.concatenate(results).reshape(self._steps, width)
        for index, rows in known:
            values[index] = rows
        largest = []
        for slot, past in zip(slots, history, strict=True):
            stacked = np.concatenate(past).reshape(self._steps + 1, -1)
            if slot.read is not None:
                values[slot.read] = stacked[:-1]
            largest.append(np.abs(stacked[1:, : self._watched[slot.kind]]).max(axis=1))
        result: Array = np.maximum.reduce(largest)
        return result

    def _per_step(self, core: Sequence[_Instruction]) -> list[tuple[int, Any]]:
        """Gives the nodes that the recurrence reads and no state reaches, with a row per step."""
        inside = {index for index, *_ in core}
        read = {operand for _, _, operands, _ in core for operand in operands}
        read.update(slot.write for slot in self._graph.slots)
        return [
            (index, self._values[index])
            for index in sorted(read - inside)
            if np.ndim(self._values[index]) == 2
        ]
