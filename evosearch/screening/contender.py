"""Turns a `Graph` into a `Plan`, the form that the trainer runs, and pairs it with constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evosearch.graph.graph import HYPERPARAMETER, Graph
from evosearch.graph.value_ranges import hyperparameter_domains, needs_guard, ranges
from evosearch.screening.short_probe import run
from primitives.ranges import constant, hull
from proxies.updates.plan import Plan, Register, State


@dataclass(frozen=True, slots=True)
class Contender:
    """Holds a rule to train: its plan, the size of its updates, and the values of its constants."""

    plan: Plan
    update_size: float
    """The root mean square of the direction on the probe."""
    constants: tuple[float, ...] = ()
    """The values of the plan's constants, in its order."""


def plan(graph: Graph) -> Plan:
    """Makes the plan of a rule, whose constants are the graph's hyperparameters.

    Operations are guarded where a special case can occur, be it at other values of the constants:
    each may take any value of its domain (see `hyperparameter_domains`) that single precision does
    not move out of it. So graphs that differ in such values have equal plans.
    """
    domains = hyperparameter_domains(graph)
    # An `eps` that single precision flushes to zero is guarded against, as a literal is.
    own = {n.label: constant(n.value) for n in graph.nodes if n.op == HYPERPARAMETER}
    known = ranges(graph, {label: hull(domains[label], own[label]) for label in own})
    registers = [
        Register(
            op=node.op,
            operands=node.operands,
            kind=node.kind,
            guarded=needs_guard(node, known),
            label=node.label,
            value=0.0 if node.op == HYPERPARAMETER else node.value,
            row=node.row,
        )
        for node in graph.nodes
    ]
    states = tuple(State(slot.name, slot.kind, slot.write) for slot in graph.slots)
    return Plan(tuple(registers), graph.direction, states, graph.labels(HYPERPARAMETER))


def contender(graph: Graph) -> Contender:
    """Makes a contender of a rule, with its hyperparameters at their values.

    Its update size is measured on the probe: 0, infinite or NaN where the rule cannot train.
    """
    values = tuple(node.value for node in graph.nodes if node.op == HYPERPARAMETER)
    return Contender(plan(graph), run(graph).update_size, values)


def with_values(graph: Graph, values: Sequence[float]) -> Graph:
    """Gives the graph with other values of its hyperparameters, in the order of its nodes."""
    given = iter(values)
    nodes = tuple(
        node._replace(value=next(given)) if node.op == HYPERPARAMETER else node
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes)
