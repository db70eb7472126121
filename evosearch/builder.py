"""Makes graphs: every node once, simplified as it is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from evosearch.graph import CONSTANT, HYPERPARAMETER, INPUT, SLOT, Graph, Node, Slot
from evosearch.identities import expand, rewrite
from evosearch.program import RESERVED
from primitives import COMPOSITES, PRIMITIVES, Kind, Range
from primitives.ranges import ANY, constant

_INPUT_RANGES = {
    "t": Range(1.0, float("inf")),
    "lr": Range(0.0, float("inf")),
}


_DEEPEST_REWRITE = 50
"""Identities applied within one another; chains of hundreds would exhaust Python's stack."""


class GraphBuilder:
    """Makes nodes, each at most once, simplifying by constant folding and exact identities."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._index: dict[Node, int] = {}
        self._rewriting = 0

    def _intern(self, node: Node) -> int:
        found = self._index.get(node)
        if found is None:
            found = self._index[node] = len(self.nodes)
            self.nodes.append(node)
        return found

    def constant(self, value: float) -> int:
        value = float(value) + 0.0  # -0.0 and 0.0 are one constant
        return self._intern(Node(CONSTANT, value=value, range=constant(value)))

    def hyperparameter(self, name: str, default: float) -> int:
        return self._intern(Node(HYPERPARAMETER, label=name, value=default))

    def input(self, name: str) -> int:
        known = _INPUT_RANGES.get(name, ANY)
        return self._intern(Node(INPUT, label=name, kind=RESERVED[name], range=known))

    def slot(self, name: str, kind: Kind) -> int:
        return self._intern(Node(SLOT, label=name, kind=kind))

    def apply(self, op: str, operands: Sequence[int]) -> int:
        """The node of `op` of these nodes, or one equal to it."""
        if op in COMPOSITES:
            return expand(self, op, operands)
        primitive = PRIMITIVES[op]
        arguments = [self.nodes[operand] for operand in operands]
        if not primitive.reduces and all(node.op == CONSTANT for node in arguments):
            with np.errstate(all="ignore"):
                folded = float(primitive.numpy(*(np.float64(node.value) for node in arguments)))
            if np.isfinite(folded):
                return self.constant(folded)
        if self._rewriting < _DEEPEST_REWRITE:
            self._rewriting += 1
            simpler = rewrite(self, op, tuple(operands))
            self._rewriting -= 1
            if simpler is not None:
                return simpler
        ordered: Sequence[int] = operands
        if primitive.commutative:
            # Any order would do; a person writes constants last.
            ordered = sorted(operands, key=lambda i: (-self.nodes[i].kind, i))
        return self._intern(
            Node(
                op,
                tuple(ordered),
                kind=primitive.result_kind([node.kind for node in arguments]),
                range=primitive.range(*(node.range for node in arguments)),
            )
        )

    def finish(self, direction: int, slots: Iterable[tuple[str, Kind, int]]) -> Graph:
        """The graph of what `direction` depends on, through any number of steps.

        `slots` gives name, kind and the node of the new value of each slot.
        """
        states = {name: (kind, write) for name, kind, write in slots}
        needed: set[int] = set()
        live: dict[str, None] = {}
        stack = [direction]
        while stack:
            index = stack.pop()
            if index in needed:
                continue
            needed.add(index)
            node = self.nodes[index]
            stack.extend(node.operands)
            if node.op == SLOT:
                live[node.label] = None
                stack.append(states[node.label][1])
        position = {old: new for new, old in enumerate(sorted(needed))}
        nodes = tuple(
            Node(
                node.op,
                tuple(position[operand] for operand in node.operands),
                node.label,
                node.value,
                node.kind,
                node.range,
            )
            for node in (self.nodes[old] for old in sorted(needed))
        )
        reads = {node.label: index for index, node in enumerate(nodes) if node.op == SLOT}
        return Graph(
            nodes,
            position[direction],
            tuple(
                Slot(name, kind, reads.get(name), position[write])
                for name, (kind, write) in states.items()
                if name in live
            ),
        )
