"""The meaning of a program: a hash-consed dataflow graph with dead code gone.

Every back end (interpreter, trainer, formula, source code, hashes) reads a `Graph`. Equal
subexpressions are one node, operands always point to earlier nodes, and a node knows its kind and
the range of its values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import networkx
import numpy as np

from evosearch.identities import rewrite
from evosearch.program import RESERVED
from primitives import PRIMITIVES, Kind, Range
from primitives.ranges import ANY, constant

INPUT, SLOT, HYPERPARAMETER, CONSTANT = "input", "slot", "hyperparameter", "constant"
SOURCES = frozenset({INPUT, SLOT, HYPERPARAMETER, CONSTANT})
"""The operations without operands; all others are primitives."""

_INPUT_RANGES = {
    "t": Range(1.0, float("inf")),
    "lr": Range(0.0, float("inf")),
}


@dataclass(frozen=True, slots=True)
class Node:
    """One value: a primitive of earlier nodes, or a source with its `label` or `value`."""

    op: str
    operands: tuple[int, ...] = ()
    label: str = ""
    """The name of an input, slot or hyperparameter."""
    value: float = 0.0
    """The number of a constant, the default of a hyperparameter."""
    kind: Kind = field(default=Kind.SCALAR, compare=False)
    range: Range = field(default=ANY, compare=False)


@dataclass(frozen=True, slots=True)
class Slot:
    """A state slot: zero before step 1, then each step the value of node `write`."""

    name: str
    kind: Kind
    read: int | None
    """The node of its old value; None where only the new one is used."""
    write: int


@dataclass(frozen=True)
class Graph:
    """Nodes in an order where operands come first, the direction's node, and the live slots."""

    nodes: tuple[Node, ...]
    direction: int
    slots: tuple[Slot, ...]

    @property
    def size(self) -> int:
        """The number of primitives, which is what a person would count as statements."""
        return sum(node.op not in SOURCES for node in self.nodes)

    def labels(self, op: str) -> tuple[str, ...]:
        """The names of the inputs, slots or hyperparameters in use."""
        return tuple(node.label for node in self.nodes if node.op == op)

    def with_labels(self, changes: Mapping[str, str]) -> Graph:
        """The same graph with slots and hyperparameters renamed."""
        renamed = (SLOT, HYPERPARAMETER)
        return Graph(
            tuple(
                replace(node, label=changes.get(node.label, node.label))
                if node.op in renamed
                else node
                for node in self.nodes
            ),
            self.direction,
            tuple(replace(slot, name=changes.get(slot.name, slot.name)) for slot in self.slots),
        )

    def to_networkx(self) -> networkx.MultiDiGraph:
        """The graph with an edge from each operand to its user, for drawing and isomorphism.

        Nodes carry `op` and `value`; edges carry the operand's `position` (0 for commutative
        primitives). A slot's new value has an edge to its old one at position -1.
        """
        result = networkx.MultiDiGraph(direction=self.direction)
        for index, node in enumerate(self.nodes):
            label = node.label if node.op == INPUT else ""
            value = 0.0 if node.op == HYPERPARAMETER else node.value
            result.add_node(index, op=node.op + label, value=value, output=index == self.direction)
            ordered = node.op in SOURCES or not PRIMITIVES[node.op].commutative
            for position, operand in enumerate(node.operands):
                result.add_edge(operand, index, position=position if ordered else 0)
        for slot in self.slots:
            if slot.read is not None:
                result.add_edge(slot.write, slot.read, position=-1)
        return result


class GraphBuilder:
    """Makes nodes, each at most once, simplifying by constant folding and exact identities."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._index: dict[Node, int] = {}

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
        primitive = PRIMITIVES[op]
        arguments = [self.nodes[operand] for operand in operands]
        if not primitive.reduces and all(node.op == CONSTANT for node in arguments):
            with np.errstate(all="ignore"):
                folded = float(primitive.numpy(*(np.float64(node.value) for node in arguments)))
            if np.isfinite(folded):
                return self.constant(folded)
        simpler = rewrite(self, op, tuple(operands))
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
