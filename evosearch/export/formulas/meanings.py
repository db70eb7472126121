"""Tells what a hyperparameter does, as far as its place in the graph shows."""

from __future__ import annotations

from evosearch.graph.graph import HYPERPARAMETER, SOURCES, Graph
from evosearch.graph.value_ranges import hyperparameter_domains


def meaning(graph: Graph, name: str) -> str:
    """Says in a phrase what the hyperparameter of that name does in a rule."""
    domain = hyperparameter_domains(graph)[name]
    (index,) = (i for i, n in enumerate(graph.nodes) if (n.op, n.label) == (HYPERPARAMETER, name))
    users = [
        (i, n, position)
        for i, n in enumerate(graph.nodes)
        if n.op not in SOURCES
        for position, operand in enumerate(n.operands)
        if operand == index
    ]
    if domain.high == 1.0:
        weighted = [i for i, n, at in users if n.primitive.decay_position == at > 0]
        decayed = [slot.name for slot in graph.slots if slot.write in weighted]
        if decayed and len(decayed) == len(weighted):
            return f"decay rate of {' and '.join(f'`{n}`' for n in decayed)}, in [0, 1)"
        return "decay rate in [0, 1)"
    sums = [i for i, n, _ in users if n.primitive.infix == "+"]
    divides = [
        i
        for i in sums
        for n in graph.nodes
        if n.op not in SOURCES
        for position, operand in enumerate(n.operands)
        if operand == i and n.primitive.argument_roles.get(position)
    ]
    if len(sums) == len(users) and len(divides) == len(sums):
        return "positive constant, added to a denominator"
    return "positive constant" if domain.low == 0.0 else "constant"
