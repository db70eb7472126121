"""Cuts a graph at its reductions over all parameters, each of which needs a pass of its own.

A rule that clips by the global norm cannot update one parameter before it has seen the gradients
of all. So code that goes from parameter to parameter first adds up the parts of each such
reduction, and then runs the rule with the results as given numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from evosearch.export.notation.names import is_taken
from evosearch.graph.graph import INPUT, SOURCES, Graph, Node, Slot
from evosearch.graph.traversal import reachable
from primitives import Kind, Range

_ENDINGS = ("", "_part", "_parts", "_total")
"""What code puts behind a total's name to call what the total is made of."""


@dataclass(frozen=True, slots=True)
class Total:
    """Is one reduction over all parameters, and the name by which code reads the result.

    The direction of `graph` is the reduction. Results of earlier totals are inputs of that name.
    """

    name: str
    graph: Graph
    ranges: tuple[Range, ...]
    """The values that the nodes of `graph` can take."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Holds the totals in the order in which they are computed, and the rule that reads them."""

    totals: tuple[Total, ...]
    graph: Graph
    ranges: tuple[Range, ...]


def cut(graph: Graph, ranges: Sequence[Range], reserved: Callable[[str], bool] = is_taken) -> Cut:
    """Cuts a graph at its reductions over all parameters; `ranges` are those of its nodes.

    Results are called as the operations are, unless that is `reserved` in the code that reads them.
    """
    taken = {node.label for node in graph.nodes} | {slot.name for slot in graph.slots}
    nodes = list(graph.nodes)
    totals = []
    for index, node in enumerate(graph.nodes):
        if node.op in SOURCES or node.primitive.reduces_to is not Kind.SCALAR:
            continue
        part, part_ranges = _needed(nodes, ranges, index, ())
        name = node.op
        while reserved(name) or not taken.isdisjoint(f"{name}{end}" for end in _ENDINGS):
            name += "_"
        taken.add(name)
        totals.append(Total(name, part, part_ranges))
        nodes[index] = Node(INPUT, label=name, kind=Kind.SCALAR)
    rest, rest_ranges = _needed(nodes, ranges, graph.direction, graph.slots)
    return Cut(tuple(totals), rest, rest_ranges)


def _needed(
    nodes: Sequence[Node], ranges: Sequence[Range], direction: int, slots: Sequence[Slot]
) -> tuple[Graph, tuple[Range, ...]]:
    """Keeps only the nodes that the direction and the slots' new values depend on."""
    needed = reachable(nodes, [direction, *(slot.write for slot in slots)])
    position = {old: new for new, old in enumerate(sorted(needed))}
    graph = Graph(
        tuple(
            nodes[old]._replace(operands=tuple(position[i] for i in nodes[old].operands))
            for old in position
        ),
        position[direction],
        tuple(
            replace(
                slot,
                read=position.get(-1 if slot.read is None else slot.read),
                write=position[slot.write],
            )
            for slot in slots
        ),
    )
    return graph, tuple(ranges[old] for old in position)
