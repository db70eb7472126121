"""Defines the meaning of a program: a hash-consed dataflow graph with dead code gone.

Every back end (interpreter, trainer, formula, source code, hashes) reads a `Graph`. Equal
subexpressions are one node, operands always point to earlier nodes, and a node knows its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from primitives import Kind, Primitive

if TYPE_CHECKING:
    import networkx

INPUT, SLOT, HYPERPARAMETER, CONSTANT = "input", "slot", "hyperparameter", "constant"
SOURCES = frozenset({INPUT, SLOT, HYPERPARAMETER, CONSTANT})
"""What a node may be besides a primitive of other nodes."""


class Node(NamedTuple):
    """Is one value: a primitive of earlier nodes, or a source with its `label` or `value`.

    `op` is the primitive's name, or `INPUT`, `SLOT`, `HYPERPARAMETER` or `CONSTANT`.
    """

    op: str
    operands: tuple[int, ...] = ()
    label: str = ""
    """The name of an input, slot or hyperparameter."""
    value: float = 0.0
    """The number of a constant, the default of a hyperparameter."""
    kind: Kind = Kind.SCALAR
    row: Primitive | None = None
    """The primitive's row in its table; None for a source."""

    @property
    def primitive(self) -> Primitive:
        """Gives the primitive's row; a source has none."""
        assert self.row is not None, f"{self.op} is no primitive"
        return self.row


@dataclass(frozen=True, slots=True)
class Slot:
    """Describes a state slot; each step it takes the value of node `write`."""

    name: str
    kind: Kind
    read: int | None
    """The node of its old value; None where only the new one is used."""
    write: int
    start: float = 0.0
    """What it holds before step 1: zero for every program, but not for every form of one."""


@dataclass(frozen=True)
class Graph:
    """Holds nodes, operands before their users, the direction's node, and the live slots."""

    nodes: tuple[Node, ...]
    direction: int
    slots: tuple[Slot, ...]

    @property
    def size(self) -> int:
        """Counts the primitives: the statements of the shortest program that says the same."""
        return sum(node.op not in SOURCES for node in self.nodes)

    def labels(self, op: str) -> tuple[str, ...]:
        """Names the inputs, slots or hyperparameters in use."""
        return tuple(node.label for node in self.nodes if node.op == op)

    def with_labels(self, changes: Mapping[str, str]) -> Graph:
        """Gives the same graph with slots and hyperparameters renamed."""
        renamed = (SLOT, HYPERPARAMETER)
        return Graph(
            tuple(
                [
                    Node(node.op, (), changes.get(node.label, node.label), node.value, node.kind)
                    if node.op in renamed
                    else node
                    for node in self.nodes
                ]
            ),
            self.direction,
            tuple(replace(slot, name=changes.get(slot.name, slot.name)) for slot in self.slots),
        )

    def to_networkx(self) -> networkx.MultiDiGraph:
        """Gives the graph with an edge from each operand to its user, for drawing and isomorphism.

        Nodes carry `op` and `value`; edges carry the operand's `position` (0 for commutative
        primitives). A slot's new value has an edge to its old one at position -1.
        """
        import networkx  # slow to load, and needed by few commands

        result = networkx.MultiDiGraph(direction=self.direction)
        for index, node in enumerate(self.nodes):
            label = node.label if node.op == INPUT else ""
            value = 0.0 if node.op == HYPERPARAMETER else node.value
            result.add_node(index, op=node.op + label, value=value, output=index == self.direction)
            ordered = node.row is None or not node.row.commutative
            for position, operand in enumerate(node.operands):
                result.add_edge(operand, index, position=position if ordered else 0)
        for slot in self.slots:
            if slot.read is not None:
                result.add_edge(slot.write, slot.read, position=-1)
        return result
