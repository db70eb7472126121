"""Constants that only occur together are one, whose name says nothing that is not so."""

from __future__ import annotations

from functools import partial

import pytest

from evosearch import lower, parse
from evosearch.api import programs as api
from evosearch.graph.graph import HYPERPARAMETER
from evosearch.simplification.joining import with_joined_constants

simplify = partial(api.simplify, exact=True)


def joined(text: str) -> dict[str, float]:
    graph = with_joined_constants(lower(parse(text)))
    return {node.label: node.value for node in graph.nodes if node.op == HYPERPARAMETER}


@pytest.mark.parametrize(
    ("given", "result", "constants"),
    [
        ("beta1=0.9, eps=0.09", "tanh(g * (beta1 / eps))", {"c1": 10.0}),
        ("a=2, b=3, d=0.5", "tanh(g * (a * b)) + d * g", {"c1": 6.0, "d": 0.5}),
        # The name is taken by another constant.
        ("a=2, b=3, c1=0.7", "tanh(g * (a + b)) + c1 * g", {"c2": 5.0, "c1": 0.7}),
        # Two at once.
        ("a=2, b=3, d=4, e=5", "tanh(g * (a + b)) + d * e * g", {"c1": 5.0, "c2": 20.0}),
        # Nothing is joined.
        ("beta=0.9, c=2", "tanh(beta * g) + exp(c * g)", {"beta": 0.9, "c": 2.0}),
        ("a=2, b=3", "tanh(g * (a + b)) + b * g", {"a": 2.0, "b": 3.0}),
    ],
)
def test_one_constant_has_a_name_of_its_own(
    given: str, result: str, constants: dict[str, float]
) -> None:
    """Values as a person works them out."""
    assert joined(f"def f(g, *, {given}): return {result}") == constants


def test_a_state_may_have_the_name_too() -> None:
    """So the constant has another."""
    assert joined("def f(g, c1, *, a=2, b=3): return exp(c1 * (a * b)), c1 + g") == {"c2": 6.0}


def test_simplification_says_no_beta_of_ten() -> None:
    """What was seen: a factor that went by the name of the decay in it."""
    text = "def f(g, m, *, beta1=0.9, beta2=0.09): m = m + g; return tanh(m * beta1 / beta2), m"
    after = simplify(parse(text)).after
    assert [name for name, _ in after.hyperparameters] == ["c1"]
