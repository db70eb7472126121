"""Writes what stands in a program in the place of what in a rule, all in the rule's names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from evosearch.export.notation.program_text import written_value
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, SOURCES, Graph, Slot
from evosearch.graph.traversal import reachable
from evosearch.language.number_text import number
from evosearch.recognition.contexts import Change, Context

_NONE: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True)
class Named:
    """Holds a context with the names by which the slots and constants of its graph are called.

    Constants without a name are written as numbers.
    """

    context: Context
    names: Mapping[str, str]

    @property
    def graph(self) -> Graph:
        """Gives the graph before anything was cut out."""
        return self.context.whole


def differences(rule: Named, own: Named) -> str | None:
    """Says how a program differs from a rule whose context is of the same structure.

    Gives None where that reads like no difference, or cannot be said in few words.
    """
    pairs: list[tuple[str, str]] = []
    for pair in _pairs(rule, own):
        if pair is None or pair[0] == pair[1]:
            return None
        pairs.append(pair)
    values = [(slot.name, _written(own, slot.write)) for slot in _own_states(own)]
    here = {new for new, _ in pairs}
    states = [f"{own.names[name]} = {value}" for name, value in values if value not in here]
    told = " and ".join(f"{new} in place of {old}" for new, old in pairs)
    return told + (f", where {' and '.join(states)}" if states else "")


def _pairs(rule: Named, own: Named) -> Iterator[tuple[str, str] | None]:
    """Yields what the program has in each place, and what the rule has there."""
    if any(change.hole for change in own.context.changes):
        ((here,), (there,)) = own.context.changes, rule.context.changes
        yield _written(own, here.place), _written(rule, there.place)
        return
    for change in rule.context.changes:
        assert change.instead is not None, "a cut leaves something"
        yield _called(rule, change.instead), _written(rule, change.place)
    for change in own.context.changes:
        yield _around(own, change)


def _around(own: Named, change: Change) -> tuple[str, str] | None:
    """Writes a place, and what stays there in its stead.

    Where that stands elsewhere too, what is around the place is written with it; gives None where
    that are several things.
    """
    graph, place = own.graph, change.place
    assert change.instead is not None, "a cut leaves something"
    new, old = _written(own, place), _called(own, change.instead)
    inside = reachable(graph.nodes, [place])
    elsewhere = [i for i in _users(graph, change.instead) if i not in inside]
    if not elsewhere and change.instead not in _results(graph).values():
        return new, old
    users = _users(graph, place)
    # A state that was cut out with the place is told with it.
    gone = {slot.name for slot in _own_states(own)}
    results = [name for name, node in _results(graph).items() if node == place and name not in gone]
    if users + results == users[:1]:
        return _written(own, users[0]), _written(own, users[0], {place: f"({old})"})
    if users + results == results[:1]:
        state = own.names.get(results[0], results[0])
        return f"{state} = {new}", f"{state} = {_written(own, change.instead, of=place)}"
    return None


def _users(graph: Graph, index: int) -> list[int]:
    return [place for place, node in enumerate(graph.nodes) if index in node.operands]


def _results(graph: Graph) -> dict[str, int]:
    """Gives the nodes of the direction and of new states, by name."""
    return {"update": graph.direction} | {slot.name: slot.write for slot in graph.slots}


def _own_states(own: Named) -> list[Slot]:
    """Lists the states in what was cut out that are not in what is left."""
    graph, left = own.graph, own.context.structure.slots
    roots = [change.place for change in own.context.changes]
    while True:
        reached = reachable(graph.nodes, roots)
        read = {graph.nodes[index].label for index in reached if graph.nodes[index].op == SLOT}
        states = [slot for slot in graph.slots if slot.name in read.difference(left)]
        if all(slot.write in reached for slot in states):
            return states
        roots += [slot.write for slot in states]


def _called(one: Named, index: int) -> str:
    """Gives the name of a value that is a new state, or writes the value."""
    for slot in one.graph.slots:
        if slot.write == index and one.graph.nodes[index].op not in SOURCES:
            return one.names[slot.name]
    return _written(one, index)


def _written(
    one: Named, index: int, others: Mapping[int, str] = _NONE, of: int | None = None
) -> str:
    """Writes a value as an expression, in which new states stand by their names.

    Old states do so in what is the new one, or would be where it comes in the place of node `of`;
    elsewhere they are told apart. `others` are texts of more nodes.
    """
    graph = one.graph
    shown = {
        place: number(node.value)
        if node.op == HYPERPARAMETER and node.label not in one.names
        else one.names.get(node.label, node.label)
        for place, node in enumerate(graph.nodes)
        if node.op in SOURCES and node.op != CONSTANT
    }
    new = {
        slot.write: one.names[slot.name]
        for slot in graph.slots
        if slot.write != index and graph.nodes[slot.write].op not in SOURCES
    }
    for slot in graph.slots:
        if slot.read is not None and slot.write not in (index, of):
            shown[slot.read] = f"old_{shown[slot.read]}"
    return written_value(graph, index, shown | new | dict(others))
