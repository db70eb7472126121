"""Makes contexts: what is left of a graph when something is cut out of it.

A *cut* puts an earlier value in the place of a value, as `m` in the place of `m / (1 - beta1**t)`.
A *hole* leaves open what stands in a place: all of it, or what is made there of an earlier value,
any `f(m, …)`, which is written as `hole + m`. Two rules whose contexts with a hole are of one
structure differ in that place alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from evosearch.graph.builder import GraphBuilder
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, SOURCES, Graph, Node
from evosearch.graph.structure import Structure, structure_of
from evosearch.graph.traversal import reachable
from primitives import BUILT_IN

_LEAST_SHARE = 2 / 3
"""Of a graph's statements, those that a context must keep; what keeps less is not the rule."""
_HOLE = "hole"
_PLUS = BUILT_IN.infix["+", 2]

Operations = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Says what comes in the place of a node: a cut to an earlier one, or a hole."""

    place: int
    instead: int | None
    """The earlier node that stays; None where all goes."""
    hole: bool = False


@dataclass(frozen=True)
class Context:
    """Holds a graph, changes of it, and what is left."""

    whole: Graph
    changes: tuple[Change, ...]
    graph: Graph

    @property
    def kept(self) -> int:
        """Counts the statements that are left."""
        joints = sum(change.hole and change.instead is not None for change in self.changes)
        return self.graph.size - joints

    @property
    def removed(self) -> int:
        """Counts the statements that are gone."""
        return self.whole.size - self.kept

    @property
    def operations(self) -> Operations:
        """Lists the operations that are left, in order; where these differ, so do structures."""
        return tuple(sorted(node.op for node in self.graph.nodes if node.op not in SOURCES))

    @cached_property
    def structure(self) -> Structure:
        """Gives the structure of what is left; hyperparameters count as constants."""
        return structure_of(self.graph)


def cuts(graph: Graph, number: int) -> Iterator[Context]:
    """Yields what so many cuts at once leave, if that is most of the graph; itself for none.

    One cut may lead to any earlier value, several to operands alone, since else they are too many.
    """
    changes = [
        change
        for change in _changes(graph)
        if number == 1 or change.instead in graph.nodes[change.place].operands
    ]
    for chosen in combinations(changes, number):
        places = {change.place for change in chosen}
        if len(places) == number and places.isdisjoint(change.instead for change in chosen):
            yield from _large(graph, chosen)


def holes(graph: Graph) -> Iterator[Context]:
    """Yields what a hole leaves, if that is most of the graph."""
    for place, node in enumerate(graph.nodes):
        if node.op not in SOURCES:
            yield from _large(graph, (Change(place, None, hole=True),))
    for change in _changes(graph):
        yield from _large(graph, (replace(change, hole=True),))


def _changes(graph: Graph) -> Iterator[Change]:
    """Yields the cuts to an earlier value of the same kind that is no constant."""
    for place, node in enumerate(graph.nodes):
        for instead in sorted(reachable(graph.nodes, node.operands)):
            other = graph.nodes[instead]
            if other.kind is node.kind and other.op not in (CONSTANT, HYPERPARAMETER):
                yield Change(place, instead)


def _large(graph: Graph, changes: tuple[Change, ...]) -> Iterator[Context]:
    least = _LEAST_SHARE * graph.size
    if _most_kept(graph, changes) < least:
        return
    context = Context(graph, changes, _changed(graph, changes))
    if context.kept >= least and (context.removed or not changes):
        yield context


def _most_kept(graph: Graph, changes: Sequence[Change]) -> int:
    """Counts the statements that changes leave in use; simplification can only make them fewer."""
    by_place = {change.place: change for change in changes}
    used = {graph.direction}
    count = 0
    writes = {slot.read: slot.write for slot in graph.slots if slot.read is not None}
    waiting = [graph.direction]
    while waiting:
        index = waiting.pop()
        change = by_place.get(index)
        reached: tuple[int, ...]
        if change is not None:
            reached = () if change.instead is None else (change.instead,)
        else:
            node = graph.nodes[index]
            count += node.op not in SOURCES
            reached = (writes[index],) if index in writes else node.operands
        new = {*reached} - used
        used |= new
        waiting += new
    return count


def _changed(graph: Graph, changes: Sequence[Change]) -> Graph:
    """Makes the graph anew, in which users of each place use what comes there."""
    by_place = {change.place: change for change in changes}
    builder = GraphBuilder()
    now: list[int] = []
    """What stands for each node of the graph."""
    others: set[int] = set()
    """The nodes that do not say what they said; the rest is simplified already."""
    for index, node in enumerate(graph.nodes):
        operands = [now[operand] for operand in node.operands]
        change = by_place.get(index)
        if change is None and others.isdisjoint(node.operands):
            now.append(builder.keep(node, operands))
            continue
        others.add(index)
        if change is None:
            now.append(builder.copy(node, operands))
        elif not change.hole:
            assert change.instead is not None
            now.append(now[change.instead])
        else:
            filled = builder.keep(Node(INPUT, label=_HOLE, kind=node.kind), ())
            if change.instead is not None:
                filled = builder.apply(_PLUS, (filled, now[change.instead]))
            now.append(filled)
    slots = [(slot.name, slot.kind, now[slot.write]) for slot in graph.slots]
    return builder.finish(now[graph.direction], slots)
