"""Takes constants that only occur together for one, and names it."""

from __future__ import annotations

from itertools import count

from evosearch.graph.graph import HYPERPARAMETER, INPUT, Graph
from evosearch.graph.structure import with_single_constants


def with_joined_constants(graph: Graph) -> Graph:
    """Puts one constant in the place of an expression of constants that nothing else uses.

    It is called `c1`, `c2` …, since what it is called by in a structure, a constant within it, says
    something else: 10 is no `beta1`.
    """
    single = with_single_constants(graph)
    values = _values(graph)
    taken = {*single.labels(INPUT), *(slot.name for slot in single.slots)}
    taken |= {label for label, value in _values(single).items() if value == values[label]}
    fresh = (name for number in count(1) if (name := f"c{number}") not in taken)
    return single.with_labels(
        {label: next(fresh) for label, value in _values(single).items() if value != values[label]}
    )


def _values(graph: Graph) -> dict[str, float]:
    return {node.label: node.value for node in graph.nodes if node.op == HYPERPARAMETER}
