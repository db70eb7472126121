"""What a hyperparameter does is told by where it stands."""

from __future__ import annotations

import pytest

from evosearch import known_rule, lower, parse
from evosearch.export.formulas.meanings import meaning


@pytest.mark.parametrize(
    ("rule", "name", "phrase"),
    [
        ("adam", "beta1", "decay rate of `m`, in [0, 1)"),
        ("adam", "eps", "positive constant, added to a denominator"),
        ("lion", "beta1", "decay rate in [0, 1)"),
        ("ademamix", "alpha", "positive constant"),
    ],
)
def test_constants_of_known_rules(rule: str, name: str, phrase: str) -> None:
    """As their papers call them."""
    assert meaning(lower(known_rule(rule)), name) == phrase


def test_a_constant_that_may_be_negative() -> None:
    """Nothing is said of its sign."""
    graph = lower(parse("def f(g, *, a=-0.5):\n    return g + a * tanh(g)"))
    assert meaning(graph, "a") == "constant"
