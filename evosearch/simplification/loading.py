"""Puts a graph into an e-graph, and writes as a graph what was chosen there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evosearch.graph.builder import GraphBuilder
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, Graph, Node
from evosearch.graph.value_ranges import hyperparameter_domains, ranges
from evosearch.simplification.egraph import EGraph
from evosearch.simplification.extraction import Chosen, States
from evosearch.simplification.facts import intersection


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
