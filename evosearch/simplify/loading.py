"""Puts a graph into an e-graph, and writes as a graph what was chosen there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evosearch.graph.builder import GraphBuilder
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, Graph, Node
from evosearch.graph.value_ranges import hyperparameter_domains, ranges
from evosearch.simplify.egraph import CONGRUENT, EGraph
from evosearch.simplify.extraction import Chosen, States
from evosearch.simplify.facts import intersection


@dataclass(frozen=True)
class Loaded:
    """Holds an e-graph of a rule, and the nodes there that the rule consists of."""

    egraph: EGraph
    numbers: tuple[int, ...]
    """The node of each of the graph's nodes."""
    graph: Graph

    @property
    def direction(self) -> int:
        return self.numbers[self.graph.direction]

    def read(self, slot: str) -> int | None:
        """Gives the node of a state's old value; None where nothing reads it."""
        place = next(one.read for one in self.graph.slots if one.name == slot)
        return None if place is None else self.numbers[place]

    def write(self, slot: str) -> int:
        """Gives the node of a state's new value."""
        return self.numbers[next(one.write for one in self.graph.slots if one.name == slot)]

    def states(self, instead: Mapping[str, tuple[int, int]] | None = None) -> States:
        """Gives the states for an extraction.

        `instead` gives nodes of old and new value for slots that hold something else than before.
        """
        states = {}
        for slot in self.graph.slots:
            read, write = (instead or {}).get(slot.name, (self.read(slot.name), None))
            if read is not None:
                source = Node(SLOT, label=slot.name, kind=slot.kind)
                root = self.egraph.root
                states[root(read)] = (
                    source,
                    root(self.write(slot.name) if write is None else write),
                )
        return states


def load(graph: Graph) -> Loaded:
    """Makes an e-graph that holds the nodes of a graph, with the values that they can take."""
    egraph = EGraph()
    domains = hyperparameter_domains(graph)
    numbers: list[int] = []
    for node, lies in zip(graph.nodes, ranges(graph, domains), strict=True):
        if node.row is not None:
            number = egraph.apply(node.row, [numbers[operand] for operand in node.operands])
            one = egraph[number]
            one.range = intersection(one.range, lies)
        elif node.op == CONSTANT:
            number = egraph.constant(node.value)
        else:
            number = egraph.leaf(node, lies, of_constants=node.op == HYPERPARAMETER)
        numbers.append(number)
    return Loaded(egraph, tuple(numbers), graph)


def write(egraph: EGraph, direction: int, states: States, choice: Mapping[int, Chosen]) -> Graph:
    """Makes the graph of what was chosen; `choice` has operands before their users."""
    builder = GraphBuilder()
    made: dict[int, int] = {}
    for number, (what, operands, _) in choice.items():
        if isinstance(what, Node):
            made[number] = builder.copy(what, ())
        else:
            made[number] = builder.apply(what, [made[operand] for operand in operands])
    slots = [
        (source.label, source.kind, made[new]) for source, new in states.values() if new in made
    ]
    return builder.finish(made[egraph.root(direction)], slots)


def rules_used(
    egraph: EGraph, starts: Sequence[tuple[int, int]], choice: Mapping[int, Chosen]
) -> list[str]:
    """Lists the rules by which a choice is equal to what was there.

    `starts` pairs each node that the rule had with the one that was chosen for it.
    """
    waiting = list(starts)
    for what, _, made in choice.values():
        if not isinstance(what, Node):
            for operand in egraph.made(made)[1]:
                waiting.append((operand, choice[egraph.root(operand)][2]))
    used: dict[str, None] = {}
    seen: set[tuple[int, int]] = set()
    while waiting:
        pair = waiting.pop()
        if pair in seen:
            continue
        seen.add(pair)
        for reason, one, other in egraph.reasons(*pair):
            if reason == CONGRUENT:
                waiting += _paired(egraph, one, other)
            else:
                used[reason] = None
    return sorted(used)


def _paired(egraph: EGraph, one: int, other: int) -> Iterator[tuple[int, int]]:
    """Pairs the operands by which two nodes are equal."""
    first, second = egraph.made(one)[1], egraph.made(other)[1]
    if any(egraph.root(a) != egraph.root(b) for a, b in zip(first, second, strict=True)):
        second = second[::-1]
    yield from zip(first, second, strict=True)
