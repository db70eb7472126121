"""In whatever runs are simulated, every value lies in the range that was found for it."""

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evosearch import Graph, Program, known_rule, lower, parse, rule_names
from evosearch.graph.graph import HYPERPARAMETER
from evosearch.graph.value_ranges import hyperparameter_domains, ranges
from primitives import PRIMITIVES, Range
from tests.support.random_programs import Overflow, node_values, programs, steps_of


def inside(value: float, claimed: Range) -> bool:
    """Whether `value` lies in a range; but for zero, an end may be passed by a rounding."""
    low = claimed.low - 1e-12 * abs(claimed.low)
    high = claimed.high + 1e-12 * abs(claimed.high)
    above = value > low if claimed.low_open and low == 0 else value >= low
    below = value < high if claimed.high_open and high == 0 else value <= high
    return above and below


def violations(graph: Graph, seed: int, scale: float = 1.0) -> list[tuple[str, float, Range]]:
    """The values that lie outside their node's range in a run of some steps."""
    steps = [replace(s, g=[scale * x for x in s.g]) for s in steps_of(seed, count=6)]
    found = ranges(graph)
    return [
        (node.op, value, claimed)
        for values in node_values(graph, steps)
        for node, vector, claimed in zip(graph.nodes, values, found, strict=True)
        for value in vector
        if not inside(value, claimed)
    ]


@pytest.mark.parametrize("name", rule_names())
@pytest.mark.parametrize("bind", [True, False], ids=["bound", "named"])
def test_values_of_known_rules_lie_in_their_ranges(name: str, bind: bool) -> None:
    """For large and small gradients, with zeros among them, each known rule stays in range."""
    graph = lower(known_rule(name), bind=bind)
    for seed, scale in enumerate((1.0, 1e3, 1e-6)):
        assert violations(graph, seed, scale) == []


@settings(max_examples=200)
@given(programs(), st.integers(0, 9))
def test_values_of_random_programs_lie_in_their_ranges(program: Program, seed: int) -> None:
    """Whatever a program computes, each value lies in its node's range at every step."""
    try:
        outside = violations(lower(program, bind=True), seed)
    except Overflow:
        assume(False)
    assert outside == []


def direction_range(text: str) -> Range:
    graph = lower(parse(text), bind=True)
    return ranges(graph)[graph.direction]


@pytest.mark.parametrize(
    ("text", "nonnegative", "nonzero"),
    [
        ("def f(g, v):\n v = lerp(square(g), v, 0.9)\n return v, v", True, False),
        ("def f(g, v):\n v = lerp(square(g), v, 0.9)\n return sqrt(v) + 1e-8, v", True, True),
        ("def f(t):\n return 1 - 0.9 ** t", True, True),
        ("def f(g, n):\n n = n + 1\n return n, n", True, True),
        ("def f(g, n):\n return n, n + abs(g)", True, False),
        ("def f(g, m):\n m = lerp(sign(g), m, 0.9)\n return 1 - m, m", True, False),
        ("def f(g, m):\n m = lerp(g, m, 0.9)\n return m, m", False, False),
        ("def f(g, a, b):\n return a + 1, a + b, abs(g)", True, True),
        ("def f(g, a, b):\n return a + 1, a + b, g", False, False),
        ("def f(g, a, b):\n return a + 1, max(b, a), g", True, True),
        ("def f(g, n):\n return n, n - abs(g)", False, False),
    ],
)
def test_signs_are_followed_through_states(text: str, nonnegative: bool, nonzero: bool) -> None:
    """What is written into a state over many steps bounds it, with the zero it starts at."""
    found = direction_range(text)
    assert (found.nonnegative, found.nonzero) == (nonnegative, nonzero)


def test_growing_states_are_widened() -> None:
    """A state that grows for ever ends as a half-line, not as the bound of some step."""
    up, down = (direction_range(f"def f(g, n):\n n = n {op} 1\n return n, n") for op in "+-")
    assert (up.low, up.high) == (1.0, math.inf)
    assert (down.low, down.high) == (-math.inf, -1.0)
    swing = direction_range("def f(g, n):\n n = -2 * n + abs(sign(g))\n return n, n")
    assert (swing.low, swing.high) == (-math.inf, math.inf)


def test_bounded_states_keep_their_bounds() -> None:
    """An average of signs stays between -1 and 1, which lets guards be left out."""
    found = direction_range("def f(g, m):\n m = lerp(sign(g), m, 0.9)\n return m, m")
    assert (found.low, found.high) == (-1.0, 1.0)


def domains(text: str) -> dict[str, Range]:
    return hyperparameter_domains(lower(parse(text)))


def test_domain_of_a_decay_rate_is_below_one() -> None:
    """What weights a `lerp` or is raised to a power, and is below 1, stays in [0, 1)."""
    found = domains(
        "def f(g, m, t, *, beta=0.9, rate=0.5, eps=1e-8, big=2.0, shift=-1.0, none=0.0):\n"
        " m = lerp(g, m, beta) + none\n"
        " return m / (1 - rate ** t) + eps + big ** t + shift, m"
    )
    below_one = Range(0.0, 1.0, high_open=True)
    positive = Range(0.0, math.inf, low_open=True)
    assert found == {
        "beta": below_one,
        "rate": below_one,
        "eps": positive,
        "big": positive,
        "shift": Range(),
        "none": Range(),
    }


def test_defaults_lie_in_their_domains() -> None:
    """Every known rule's hyperparameters have defaults that its export would accept."""
    for name in rule_names():
        graph = lower(known_rule(name))
        found = hyperparameter_domains(graph)
        for node in graph.nodes:
            if node.op == HYPERPARAMETER:
                domain = found[node.label]
                assert domain.low <= node.value <= domain.high
                assert node.value < domain.high or not domain.high_open
                assert node.value > domain.low or not domain.low_open


def test_given_ranges_of_hyperparameters_replace_their_defaults() -> None:
    """A guard may be left out only if it is unneeded for every value a hyperparameter may take."""
    graph = lower(parse("def f(g, *, eps=1e-8):\n return 1 / (abs(g) + eps)"))
    (divisor,) = (node.operands[0] for node in graph.nodes if node.op == "reciprocal")
    unneeded = PRIMITIVES["reciprocal"].guarded
    assert unneeded is not None
    assert unneeded.unneeded(ranges(graph)[divisor])
    assert unneeded.unneeded(ranges(graph, hyperparameter_domains(graph))[divisor])
    assert not unneeded.unneeded(ranges(graph, {"eps": Range(0.0)})[divisor])
