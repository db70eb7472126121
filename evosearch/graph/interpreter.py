"""Gives the reference semantics: it runs a graph in numpy, float64, one node at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, SOURCES, Graph
from primitives import Kind, NumpySegments

Array = NDArray[np.float64]


class Interpreter:
    """Runs one rule over tensors laid out by `segments`, with hyperparameters at their defaults.

    A scalar value is a number, a leaf value `[L]`, a tensor value `[D]`; row and column values have
    a number for each row or column of all tensors. `states` holds the current value of each live
    slot, in its own kind.
    """

    def __init__(self, graph: Graph, segments: NumpySegments) -> None:
        self._graph = graph
        self._segments = segments
        self.states: dict[str, Any] = {
            slot.name: self._spread(np.float64(slot.start), Kind.SCALAR, slot.kind)
            for slot in graph.slots
        }
        self._constants = [
            np.float64(node.value) if node.op in (CONSTANT, HYPERPARAMETER) else None
            for node in graph.nodes
        ]
        self._program = [
            (
                index,
                node.primitive,
                node.operands,
                node.primitive.spreads([graph.nodes[operand].kind for operand in node.operands]),
            )
            for index, node in enumerate(graph.nodes)
            if node.op not in SOURCES
        ]

    def step(self, *, w: Array, g: Array, lr: float, t: int) -> Array:
        """Gives the direction `[D]` of step `t`, and advances the states; `w` and `g` are `[D]`."""
        given = {"w": w, "g": g, "lr": np.float64(lr), "t": np.float64(t)}
        graph = self._graph
        values: list[Any] = list(self._constants)
        for index, node in enumerate(graph.nodes):
            if node.op == SLOT:
                values[index] = self.states[node.label]
            elif node.op in SOURCES and values[index] is None:
                values[index] = given[node.label]
        with np.errstate(all="ignore"):
            for index, primitive, operands, spreads in self._program:
                arguments = [values[operand] for operand in operands]
                for position, kind, into in spreads:
                    arguments[position] = self._spread(arguments[position], kind, into)
                if primitive.reduces:
                    values[index] = primitive.numpy(self._segments, *arguments)
                else:
                    values[index] = primitive.numpy(*arguments)
        for slot in graph.slots:
            kind = graph.nodes[slot.write].kind
            self.states[slot.name] = self._spread(values[slot.write], kind, slot.kind)
        direction = graph.nodes[graph.direction]
        result: Array = self._spread(values[graph.direction], direction.kind, Kind.TENSOR)
        return result

    def _spread(self, value: Any, kind: Kind, into: Kind) -> Any:
        # Contiguous, as numpy may round otherwise where one number in memory stands for many.
        if kind is into:
            return value
        return np.ascontiguousarray(self._segments.spread(value, kind, into))
