"""Constants are rounded as far as the truth allows."""

import pytest

from evosearch import parse
from evosearch.ablation.journal import Journal
from evosearch.ablation.judge import Judge, Means
from evosearch.ablation.rounding import round_values, rounded
from evosearch.ablation.variant import Variant
from evosearch.graph.graph import Graph
from evosearch.screening.family import Scale
from tests.support.known_worths import TASKS, Oracle, quiet

PROGRAM = Variant.of(
    parse("""
def f(g, m, *, beta=0.9127, scale=3.17):
    m = lerp(g, m, beta)
    return m + scale * tanh(g), m""")
)


@pytest.mark.parametrize(
    ("value", "scale", "values"),
    [
        (0.9873, Scale.DECAY, [0.99, 0.987]),
        (0.899, Scale.DECAY, [0.9]),
        (0.93, Scale.DECAY, [0.95, 0.93]),
        (0.9989, Scale.DECAY, [0.999, 0.9989]),
        (3.14159, Scale.SIZE, [3.0, 3.1]),
        (-0.0123, Scale.SIZE, [-0.01, -0.012]),
        (0.25, Scale.ZERO, [0.2, 0.25]),
    ],
)
def test_round_values_come_roundest_first(value: float, scale: Scale, values: list[float]) -> None:
    """The nearest usual decay rate, then one digit, then two; of 1 - value for a decay rate."""
    assert list(round_values(value, scale)) == values


def judge(program: Variant, truth: Oracle) -> Judge:
    one = Judge(program, Means(TASKS, truth, seed=0), Journal(), quiet)
    one.acceptable([program], "")
    return one


def held(graph: Graph) -> set[float]:
    return {node.value for node in graph.nodes if node.op == "constant"}


def test_all_are_rounded_where_nothing_is_lost() -> None:
    """At once."""
    oracle = Oracle(lambda _: 0.0)
    result = rounded(judge(PROGRAM, oracle), PROGRAM)
    assert result.values == result.round == {"beta": 0.9, "scale": 3.0}


def test_one_that_must_be_exact_keeps_more_digits() -> None:
    """Three is too little for the scale; 3.2 will do."""
    result = rounded(judge(PROGRAM, Oracle(lambda graph: -0.5 * (3.0 in held(graph)))), PROGRAM)
    assert result.values == result.round == {"beta": 0.9, "scale": 3.2}


def test_one_that_cannot_be_rounded_keeps_what_was_best() -> None:
    """It is not among those that are round."""
    near = {3.0, 3.2}
    result = rounded(judge(PROGRAM, Oracle(lambda graph: -0.5 * bool(near & held(graph)))), PROGRAM)
    assert result.round == {"beta": 0.9}
    assert result.values == {"beta": 0.9, "scale": 3.17}


def test_a_rule_without_constants_has_none() -> None:
    """And is not tried."""
    plain = Variant.of(parse("def f(g): return sign(g)"))
    assert rounded(judge(plain, Oracle(lambda _: 0.0)), plain).values == {}
