"""Turns a `Graph` into a `Plan`, the form that the trainer runs."""

from __future__ import annotations

from dataclasses import dataclass

from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, Graph
from evosearch.graph.value_ranges import needs_guard, ranges
from proxies.updates.plan import Plan, Register, State


@dataclass(frozen=True, slots=True)
class Contender:
    """Holds a rule to train: its plan, and the root mean square of its direction on the probe."""

    plan: Plan
    update_size: float


def plan(graph: Graph) -> Plan:
    """Makes the plan of a rule, with its hyperparameters at their defaults.

    Operations are guarded only where a special case can occur.
    """
    known = ranges(graph)
    registers = [
        Register(
            op=CONSTANT if node.op == HYPERPARAMETER else node.op,
            operands=node.operands,
            kind=node.kind,
            guarded=needs_guard(node, known),
            label="" if node.op == HYPERPARAMETER else node.label,
            value=node.value,
            row=node.row,
        )
        for node in graph.nodes
    ]
    states = tuple(State(slot.name, slot.kind, slot.write) for slot in graph.slots)
    return Plan(tuple(registers), graph.direction, states)
