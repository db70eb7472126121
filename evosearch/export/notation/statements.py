"""Turns a graph into the assignments a person would write: values nested, states updated by name.

Readable program text and exported formulas are both made from them, so that the question of which
value must be computed before a state is overwritten is answered once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import count

from evosearch.graph.graph import CONSTANT, INPUT, SLOT, SOURCES, Graph, Slot
from evosearch.graph.traversal import count_uses, first_reached

_LONGEST_EXPRESSION = 6
"""The most primitives that one assignment may have."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Stands for `name = expression of node`; `slot` is set where that is a slot's new value."""

    name: str
    node: int
    slot: Slot | None = None

    @property
    def overwrites(self) -> bool:
        """Tells whether `name` is the slot itself, whose old value is lost."""
        return self.slot is not None and self.slot.name == self.name

    @property
    def late(self) -> bool:
        """Tells whether `name` holds a slot's new value until nothing reads the old one."""
        return self.slot is not None and self.slot.name != self.name


@dataclass(frozen=True)
class Assignments:
    """Holds assignments in an order in which every old state is read before it is overwritten."""

    ordered: tuple[Assignment, ...]
    names: dict[int, str]
    """The name of each node that has one once it is assigned; sources keep their labels."""
    direction: str | None
    """The name that holds the direction in the end; None where it is a constant."""


def arrange(graph: Graph, named: Collection[int] = ()) -> Assignments:
    """Makes the assignments of a graph; the direction is `update` unless it is a state or input.

    The nodes in `named` are certain to have a name.
    """
    worth_naming = _worth_naming(graph, named)
    taken = {node.label for node in graph.nodes if node.label}
    stored: dict[int, Slot] = {}
    copies: list[Slot] = []
    for slot in graph.slots:
        node = graph.nodes[slot.write]
        if node.op in SOURCES or node.kind is not slot.kind or slot.write in stored:
            copies.append(slot)
        else:
            stored[slot.write] = slot
    update = _unused("direction" if "update" in taken else "update", taken)
    fresh = _fresh_names(taken)
    names: dict[int, str] = {}
    assignments: list[Assignment] = []
    for index, node in enumerate(graph.nodes):
        if node.op in SOURCES:
            if node.op != CONSTANT:
                names[index] = node.label
        elif index in stored:
            names[index] = stored[index].name
            assignments.append(Assignment(stored[index].name, index, stored[index]))
        elif index == graph.direction:
            names[index] = update
            assignments.append(Assignment(update, index))
        elif index in worth_naming:
            names[index] = next(fresh)
            assignments.append(Assignment(names[index], index))
    assignments += [Assignment(slot.name, slot.write, slot) for slot in copies]
    keeps_old_state = graph.nodes[graph.direction].op == SLOT
    if keeps_old_state:
        assignments.append(Assignment(update, graph.direction))
    ordered = _ordered(graph, assignments, names)
    direction = update if keeps_old_state else names.get(graph.direction)
    return Assignments(tuple(ordered), names, direction)


def expression(
    graph: Graph,
    assignment: Assignment,
    names: Mapping[int, str],
    apply: Callable[[int, Sequence[str]], str],
    literal: Callable[[float], str] = repr,
) -> str:
    """Writes the right-hand side; `apply` gives the text of a node from its operands'."""

    def text(index: int, root: bool = False) -> str:
        node = graph.nodes[index]
        if node.op == CONSTANT:
            return literal(node.value)
        if index in names and not (root and node.op not in SOURCES):
            return names[index]
        return apply(index, [text(operand) for operand in node.operands])

    return text(assignment.node, root=names.get(assignment.node) == assignment.name)


def signature(graph: Graph) -> list[str]:
    """Names what a graph reads, as a person orders it: weights and gradient, states, the rest."""
    inputs = graph.labels(INPUT)
    weights = [name for name in ("w", "g") if name in inputs]
    rest = [name for name in ("t", "lr") if name in inputs]
    return [*weights, *(slot.name for slot in graph.slots), *rest]


def _worth_naming(graph: Graph, named: Collection[int]) -> set[int]:
    """Finds `named` nodes, values used twice, and the larger parts of too long expressions."""
    uses = count_uses(graph.nodes, [graph.direction, *(slot.write for slot in graph.slots)])
    worth = {index for index, count in enumerate(uses) if count > 1 or index in named}
    length: list[int] = []
    for index, node in enumerate(graph.nodes):
        nested = {operand: length[operand] for operand in node.operands}
        while sum(nested.values()) >= _LONGEST_EXPRESSION:
            longest = max(nested, key=nested.__getitem__)
            worth.add(longest)
            nested[longest] = 0
        short = index in worth or node.op in SOURCES
        length.append(0 if short else 1 + sum(nested.values()))
    return worth


def _fresh_names(taken: set[str]) -> Iterator[str]:
    return (name for n in count(1) if (name := f"x{n}") not in taken)


def _computes(graph: Graph, assignment: Assignment, names: Mapping[int, str]) -> bool:
    """Tells whether an assignment computes its node, rather than copies it."""
    return (
        names.get(assignment.node) == assignment.name
        and graph.nodes[assignment.node].op not in SOURCES
    )


def _reads(graph: Graph, assignment: Assignment, names: Mapping[int, str]) -> set[int]:
    """Finds the named nodes, old states among them, that an assignment's expression refers to."""
    computes = _computes(graph, assignment, names)
    roots = graph.nodes[assignment.node].operands if computes else (assignment.node,)
    return first_reached(graph.nodes, roots, names)


def _ordered(
    graph: Graph, assignments: list[Assignment], names: dict[int, str]
) -> list[Assignment]:
    """Orders the assignments, and renames the late ones, there and in `names`."""
    reads = [_reads(graph, assignment, names) for assignment in assignments]
    computing = [
        place for place, assignment in enumerate(assignments) if _computes(graph, assignment, names)
    ]
    maker = {assignments[place].node: place for place in computing}
    edges = {
        (maker[index], place)
        for place, needed in enumerate(reads)
        for index in needed
        if index in maker
    }
    sequence = _sequence(assignments, edges)
    assert sequence is not None, "operands come before their users"
    taken = {*names.values(), *(assignment.name for assignment in assignments)}
    for place, assignment in enumerate(assignments):
        if assignment.slot is None or assignment.slot.read is None:
            continue
        readers = {
            (other, place)
            for other, needed in enumerate(reads)
            if other != place and assignment.slot.read in needed
        }
        later = _sequence(assignments, edges | readers)
        if later is not None:
            edges, sequence = edges | readers, later
        else:
            assignments[place] = replace(
                assignment, name=_unused(f"new_{assignment.slot.name}", taken)
            )
    for place in computing:
        names[assignments[place].node] = assignments[place].name
    return [assignments[place] for place in sequence]


def _sequence(
    assignments: Sequence[Assignment], edges: Collection[tuple[int, int]]
) -> list[int] | None:
    """Sorts places so that each edge leads onwards; gives None where edges go round in a circle.

    What may come next comes in the order of the nodes that are computed, by place among equals.
    """
    users: list[list[int]] = [[] for _ in assignments]
    missing = [0] * len(assignments)
    for before, after in edges:
        users[before].append(after)
        missing[after] += 1
    ready = [(one.node, place) for place, one in enumerate(assignments) if not missing[place]]
    heapify(ready)
    sequence = []
    while ready:
        _, place = heappop(ready)
        sequence.append(place)
        for user in users[place]:
            missing[user] -= 1
            if not missing[user]:
                heappush(ready, (assignments[user].node, user))
    return sequence if len(sequence) == len(assignments) else None


def _unused(name: str, taken: set[str]) -> str:
    """Makes a name that is not in `taken`, and adds it there."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name
