"""Values of a rule's constants other than its own, in the domains that a plan must cover."""

from math import inf

from evosearch.graph.graph import HYPERPARAMETER, Graph
from evosearch.graph.value_ranges import hyperparameter_domains
from primitives import Range
from primitives.ranges import ANY

DECAY, POSITIVE = Range(0.0, 1.0, high_open=True), Range(0.0, inf, low_open=True)
"""The domains of constants, of which `ANY` is the third."""
_OTHERS = {
    DECAY: (0.0, 0.25, 0.5, 0.999999),
    POSITIVE: (1e-12, 0.3, 2.0, 50.0),
    ANY: (0.0, -0.7, 0.5, 3.0),
}


def constants_of(graph: Graph) -> list[list[float]]:
    """The rule's own constants, and four vectors of others in their domains."""
    domains = hyperparameter_domains(graph)
    own = [(node.value, domains[node.label]) for node in graph.nodes if node.op == HYPERPARAMETER]
    return [
        [value for value, _ in own],
        *([_OTHERS[domain][number] for _, domain in own] for number in range(4)),
    ]


def admits(domain: Range, value: float) -> bool:
    """Whether a value lies in a domain."""
    above = domain.low < value or (domain.low == value and not domain.low_open)
    below = value < domain.high or (value == domain.high and not domain.high_open)
    return above and below
