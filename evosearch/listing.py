"""A graph as the lines a person would write: single-use values nested, state updated by name.

Readable program text and exported source are both made from a listing, so that the question of
which value must be computed before a state is overwritten is answered once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import networkx

from evosearch.graph import CONSTANT, SLOT, SOURCES, Graph, Slot


_LONGEST_EXPRESSION = 6
"""Primitives on one line."""


@dataclass(frozen=True, slots=True)
class Line:
    """`name = expression of node`; where `slot` is set, `name` is that slot, overwritten."""

    name: str
    node: int
    slot: Slot | None = None


@dataclass(frozen=True)
class Listing:
    """Lines in an order in which every old state is read before it is overwritten."""

    lines: tuple[Line, ...]
    names: dict[int, str]
    """The name of each node that has one once its line has run; sources keep their labels."""
    late: dict[str, str]
    """Slots that cannot be overwritten in time, and the name that holds their new value."""


def arrange(graph: Graph) -> Listing:
    """The listing of a graph; the direction is named `update` unless it is a state or input."""
    worth_naming = _worth_naming(graph)
    taken = {node.label for node in graph.nodes if node.label}
    stored: dict[int, Slot] = {}
    copies: list[Slot] = []
    for slot in graph.slots:
        node = graph.nodes[slot.write]
        if node.op in SOURCES or node.kind != slot.kind:
            copies.append(slot)
        else:
            stored[slot.write] = slot
    fresh = _fresh_names(taken)
    names: dict[int, str] = {}
    lines: list[Line] = []
    for index, node in enumerate(graph.nodes):
        if node.op in SOURCES:
            if node.op != CONSTANT:
                names[index] = node.label
        elif index in stored:
            names[index] = stored[index].name
            lines.append(Line(stored[index].name, index, stored[index]))
        elif index == graph.direction:
            names[index] = "update" if "update" not in taken else "direction"
            lines.append(Line(names[index], index))
        elif index in worth_naming:
            names[index] = next(fresh)
            lines.append(Line(names[index], index))
    lines += [Line(slot.name, slot.write, slot) for slot in copies]
    return _ordered(graph, lines, names)


def expression(
    graph: Graph,
    line: Line,
    names: dict[int, str],
    apply: Callable[[int, Sequence[str]], str],
    literal: Callable[[float], str] = repr,
) -> str:
    """The text of a line's right-hand side; `apply` gives that of a node from its operands'."""

    def text(index: int, root: bool = False) -> str:
        node = graph.nodes[index]
        if node.op == CONSTANT:
            return literal(node.value)
        if index in names and not (root and node.op not in SOURCES):
            return names[index]
        return apply(index, [text(operand) for operand in node.operands])

    return text(line.node, root=names.get(line.node) == line.name)


def _worth_naming(graph: Graph) -> set[int]:
    """Values used twice, and the larger parts of expressions that would be too long."""
    uses = [0] * len(graph.nodes)
    for node in graph.nodes:
        for operand in node.operands:
            uses[operand] += 1
    stored = {slot.write for slot in graph.slots}
    found: set[int] = set()
    length: list[int] = []
    for index, node in enumerate(graph.nodes):
        nested = {operand: length[operand] for operand in node.operands}
        while sum(nested.values()) >= _LONGEST_EXPRESSION:
            longest = max(nested, key=nested.__getitem__)
            found.add(longest)
            nested[longest] = 0
        named = uses[index] > 1 or index in stored
        length.append(0 if named or node.op in SOURCES else 1 + sum(nested.values()))
        if uses[index] > 1:
            found.add(index)
    return found


def _fresh_names(taken: set[str]) -> Iterator[str]:
    return (name for n in count(1) if (name := f"x{n}") not in taken)


def _reads(graph: Graph, line: Line, names: dict[int, str]) -> set[int]:
    """The named nodes, old states among them, that a line's expression refers to."""
    found: set[int] = set()
    node = graph.nodes[line.node]
    computes = names.get(line.node) == line.name and node.op not in SOURCES
    stack = list(node.operands) if computes else [line.node]
    while stack:
        index = stack.pop()
        if index in names:
            found.add(index)
        else:
            stack.extend(graph.nodes[index].operands)
    return found


def _ordered(graph: Graph, lines: list[Line], names: dict[int, str]) -> Listing:
    reads = [_reads(graph, line, names) for line in lines]
    maker = {
        line.node: place
        for place, line in enumerate(lines)
        if names.get(line.node) == line.name and graph.nodes[line.node].op not in SOURCES
    }
    order = networkx.DiGraph()
    order.add_nodes_from(range(len(lines)))
    order.add_edges_from(
        (maker[index], place)
        for place, needed in enumerate(reads)
        for index in needed
        if index in maker
    )
    late: dict[str, str] = {}
    taken = set(names.values())
    for place, line in enumerate(lines):
        if line.slot is None:
            continue
        readers = [
            (other, place)
            for other, needed in enumerate(reads)
            if other != place
            and any(
                graph.nodes[i].op == SLOT and graph.nodes[i].label == line.slot.name for i in needed
            )
        ]
        order.add_edges_from(readers)
        if not networkx.is_directed_acyclic_graph(order):
            order.remove_edges_from(
                edge for edge in readers if lines[edge[0]].node not in reads[place]
            )
            late[line.slot.name] = _unused(f"new_{line.slot.name}", taken)
    renamed = [
        Line(late[line.slot.name], line.node) if line.slot and line.slot.name in late else line
        for line in lines
    ]
    for line, new in zip(lines, renamed, strict=True):
        if names.get(line.node) == line.name and graph.nodes[line.node].op not in SOURCES:
            names[line.node] = new.name
    # By place among equals: in the order of the nodes they compute.
    sequence = networkx.lexicographical_topological_sort(order, key=lambda p: lines[p].node)
    return Listing(tuple(renamed[place] for place in sequence), names, late)


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name
