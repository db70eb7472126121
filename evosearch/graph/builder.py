"""Makes graphs, in which every node occurs once and is simplified as it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, SLOT, Graph, Node, Slot
from evosearch.graph.rewriting import rewrite
from evosearch.graph.traversal import reachable
from evosearch.graph.value_ranges import node_range
from evosearch.language.program import RESERVED
from primitives import Kind, Primitive, Range, fits

_DEEPEST_REWRITE = 50
"""The most identities applied within one another; hundreds would exhaust Python's stack."""


def without_rounding(value: float) -> float:
    """Gives the number of at most 12 digits that rounding has moved by a digit, if it is one.

    So 1 - 0.9 is 0.1, and 0.1 + 0.2 is 0.3, however they are split.
    """
    short = float(f"{value:.12g}")
    return short if short == float(f"{value:.15g}") else value


class GraphBuilder:
    """Makes nodes, each at most once, simplifying by constant folding and exact identities."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._index: dict[tuple[str, tuple[int, ...], str, float], int] = {}
        self._ranges: dict[int, Range] = {}
        self._rewriting = 0

    def _intern(
        self,
        op: str,
        operands: tuple[int, ...] = (),
        label: str = "",
        value: float = 0.0,
        kind: Kind = Kind.SCALAR,
        row: Primitive | None = None,
    ) -> int:
        key = (op, operands, label, value)  # which decide the kind, and in one table the row
        index = self._index.get(key)
        if index is None:
            index = self._index[key] = len(self.nodes)
            self.nodes.append(Node(op, operands, label, value, kind, row))
        return index

    def constant(self, value: float) -> int:
        """Makes the node of a number."""
        return self._intern(CONSTANT, value=float(value) + 0.0)  # -0.0 and 0.0 are one constant

    def hyperparameter(self, name: str, default: float) -> int:
        """Makes the node of a named constant, which an exported optimizer takes as an option."""
        return self._intern(HYPERPARAMETER, label=name, value=default)

    def input(self, name: str) -> int:
        """Makes the node of a reserved input."""
        return self._intern(INPUT, label=name, kind=RESERVED[name])

    def slot(self, name: str, kind: Kind) -> int:
        """Makes the node of a state's value before the step."""
        return self._intern(SLOT, label=name, kind=kind)

    def keep(self, node: Node, operands: Sequence[int]) -> int:
        """Takes a node over as it is, of these operands, from a graph that is simplified."""
        return self._intern(node.op, tuple(operands), node.label, node.value, node.kind, node.row)

    def copy(self, node: Node, operands: Sequence[int]) -> int:
        """Makes the node that says here what `node` says in its own graph, of these operands."""
        if node.row is not None:
            return self.apply(node.row, operands)
        return self._intern(node.op, (), node.label, node.value, node.kind)

    def range(self, index: int) -> Range:
        """Gives the range of a node; hyperparameters and states may hold anything."""
        ranges = self._ranges
        stack = [index]  # not recursion, since a program may be a chain of a thousand
        while stack:
            node = self.nodes[stack[-1]]
            missing = [operand for operand in node.operands if operand not in ranges]
            if missing:
                stack += missing
            else:
                operands = [ranges[operand] for operand in node.operands]
                ranges[stack.pop()] = node_range(node, operands)
        return ranges[index]

    def apply(self, primitive: Primitive, operands: Sequence[int]) -> int:
        """Makes the node of a primitive of these nodes, or gives one equal to it."""
        arguments = [self.nodes[operand] for operand in operands]
        if primitive.exact and all(node.op == CONSTANT for node in arguments):
            with np.errstate(all="ignore"):
                folded = float(primitive.numpy(*(np.float64(node.value) for node in arguments)))
            if np.isfinite(folded):
                return self.constant(without_rounding(folded))
        if self._rewriting < _DEEPEST_REWRITE:
            self._rewriting += 1
            simpler = rewrite(self, primitive, tuple(operands))
            self._rewriting -= 1
            if simpler is not None:
                return simpler
        if primitive.commutative and self._belongs_last(operands[0], operands[1]):
            operands = operands[::-1]
        kind = primitive.result_kind([node.kind for node in arguments])
        return self._intern(primitive.name, tuple(operands), kind=kind, row=primitive)

    def _belongs_last(self, a: int, b: int) -> bool:
        """Tells whether `a` should stand after `b`.

        Any order would do, but a person writes constants last.
        """
        kind_of_a, kind_of_b = self.nodes[a].kind, self.nodes[b].kind
        if kind_of_a is kind_of_b:
            return b < a
        return fits(kind_of_a, kind_of_b) or (b < a and not fits(kind_of_b, kind_of_a))

    def finish(self, direction: int, slots: Iterable[tuple[str, Kind, int]]) -> Graph:
        """Makes the graph of what `direction` depends on, through any number of steps.

        `slots` gives name, kind and the node of the new value of each slot.
        """
        states = {name: (kind, write) for name, kind, write in slots}
        olds = {name: self._index.get((SLOT, (), name, 0.0)) for name in states}
        needed: set[int] = set()
        live: set[str] = set()
        roots = [direction]
        while roots:
            needed |= reachable(self.nodes, roots, known=needed)
            read = [name for name in states if name not in live and olds[name] in needed]
            roots = [states[name][1] for name in read]
            live.update(read)
        kept = sorted(needed)
        position = {old: new for new, old in enumerate(kept)}
        nodes: list[Node] = []
        reads: dict[str, int] = {}
        for old in kept:
            node = self.nodes[old]
            if node.op == SLOT:
                reads[node.label] = len(nodes)
            elif node.operands:
                operands = tuple([position[i] for i in node.operands])
                node = Node(node.op, operands, node.label, node.value, node.kind, node.row)
            nodes.append(node)
        return Graph(
            tuple(nodes),
            position[direction],
            tuple(
                Slot(name, kind, reads.get(name), position[write])
                for name, (kind, write) in states.items()
                if name in live
            ),
        )


Replacement = Callable[[GraphBuilder, int], int | None]
"""Makes what comes in the place of the node at an index; gives None where it stays."""


def rebuilt(
    graph: Graph,
    replacement: Replacement,
    direction: int | None = None,
    without: str = "",
    earlier: Mapping[int, int] = MappingProxyType({}),
) -> Graph:
    """Makes a graph anew, and so simplified, with other nodes in the place of some.

    Its direction may be the node at another index of `graph`, and the slot named `without` goes.
    A node in `earlier` is taken for the one at that lower index.
    """
    builder = GraphBuilder()
    new: list[int] = []
    for index, node in enumerate(graph.nodes):
        if index in earlier:
            new.append(new[earlier[index]])
            continue
        other = replacement(builder, index)
        copied = [new[operand] for operand in node.operands]
        new.append(builder.copy(node, copied) if other is None else other)
    slots = [
        (slot.name, slot.kind, new[slot.write]) for slot in graph.slots if slot.name != without
    ]
    return builder.finish(new[graph.direction if direction is None else direction], slots)
