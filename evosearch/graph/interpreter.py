"""The reference semantics: a graph run in numpy, float64, one node at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, SOURCES, Graph
from primitives import Kind, NumpySegments, join

Array = NDArray[np.float64]


class Interpreter:
    """Runs one rule over parameter tensors laid out by `segments`; hyperparameters at default.

    A scalar value is a number, a leaf value `[L]`, a tensor value `[D]`. `states` holds the
    current value of each live slot, in its own kind, zero at first.
    """

    def __init__(self, graph: Graph, segments: NumpySegments) -> None:
        self._graph = graph
        self._segments = segments
        self.states: dict[str, Any] = {
            slot.name: self._raise(np.float64(0.0), Kind.SCALAR, slot.kind) for slot in graph.slots
        }
        self._constants = [
            np.float64(node.value) if node.op in (CONSTANT, HYPERPARAMETER) else None
            for node in graph.nodes
        ]
        self._program = [
            (index, node.primitive, node.operands, self._raises(index))
            for index, node in enumerate(graph.nodes)
            if node.op not in SOURCES
        ]

    def step(self, *, w: Array, g: Array, lr: float, t: int) -> Array:
        """The direction `[D]` of step `t`, from weights and gradient `[D]`; advances the states."""
        given = {"w": w, "g": g, "lr": np.float64(lr), "t": np.float64(t)}
        graph = self._graph
        values: list[Any] = list(self._constants)
        for index, node in enumerate(graph.nodes):
            if node.op == SLOT:
                values[index] = self.states[node.label]
            elif node.op in SOURCES and values[index] is None:
                values[index] = given[node.label]
        with np.errstate(all="ignore"):
            for index, primitive, operands, raised in self._program:
                arguments = [values[operand] for operand in operands]
                for position, kind, target in raised:
                    arguments[position] = self._raise(arguments[position], kind, target)
                if primitive.reduces:
                    values[index] = primitive.numpy(self._segments, *arguments)
                else:
                    values[index] = primitive.numpy(*arguments)
        for slot in graph.slots:
            kind = graph.nodes[slot.write].kind
            self.states[slot.name] = self._raise(values[slot.write], kind, slot.kind)
        direction = graph.nodes[graph.direction]
        result: Array = self._raise(values[graph.direction], direction.kind, Kind.TENSOR)
        return result

    def _raises(self, index: int) -> list[tuple[int, Kind, Kind]]:
        """Operands of a node that must be spelt out in a larger kind: position, kind, target."""
        node = self._graph.nodes[index]
        kinds = [self._graph.nodes[operand].kind for operand in node.operands]
        reduces = node.primitive.reduces
        target = Kind.TENSOR if reduces else join(kinds)
        return [
            (position, kind, target)
            for position, kind in enumerate(kinds)
            # numpy broadcasts a scalar by itself
            if kind is not target and (reduces or kind is not Kind.SCALAR)
        ]

    def _raise(self, value: Any, kind: Kind, target: Kind) -> Any:
        if kind == target:
            return value
        if kind is Kind.SCALAR:
            size = len(self._segments.sizes) if target is Kind.LEAF else self._segments.total
            return np.full(size, value)
        return self._segments.expand(value)
