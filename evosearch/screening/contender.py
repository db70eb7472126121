"""From `Graph` to `Plan`, the form that the trainer runs."""

from __future__ import annotations

from dataclasses import dataclass

from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, Graph
from evosearch.graph.value_ranges import ranges
from primitives import PRIMITIVES
from proxies.updates.plan import Plan, State, Step


@dataclass(frozen=True, slots=True)
class Contender:
    """A rule to train: its plan, and the root mean square of its direction on the probe."""

    plan: Plan
    update_size: float


def plan(graph: Graph) -> Plan:
    """The plan of a rule with its hyperparameters at their defaults; guards only where needed."""
    found = ranges(graph)
    steps = []
    for node in graph.nodes:
        primitive = PRIMITIVES.get(node.op)
        guard = primitive.guarded if primitive else None
        steps.append(
            Step(
                op=CONSTANT if node.op == HYPERPARAMETER else node.op,
                operands=node.operands,
                kind=node.kind,
                guarded=guard is not None
                and not guard.unneeded(*(found[operand] for operand in node.operands)),
                label="" if node.op == HYPERPARAMETER else node.label,
                value=node.value,
            )
        )
    states = tuple(State(slot.name, slot.kind, slot.write) for slot in graph.slots)
    return Plan(tuple(steps), graph.direction, states)
