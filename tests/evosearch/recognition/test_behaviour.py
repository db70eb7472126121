"""Distances between rules, against angles that are known from outside."""

from __future__ import annotations

import numpy as np
import pytest

from evosearch import lower, parse
from evosearch.graph.graph import Graph
from evosearch.recognition.behaviour import Behaviour, Target, sine
from evosearch.screening.trajectory import Inputs
from primitives import NumpySegments


def graph(text: str) -> Graph:
    return lower(parse(text), bind=True)


def inputs(gradients: list[list[float]], weights: list[list[float]], sizes: list[int]) -> Inputs:
    rates = np.full((len(gradients), 1), 0.1)
    return Inputs(NumpySegments(sizes), np.array(weights), np.array(gradients), rates)


GIVEN = inputs([[1.0, 0.0], [2.0, 0.0]], [[0.0, 1.0], [0.0, 2.0]], [2])
"""Two steps in which gradient and weights stand at right angles."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(g): return 5 * g", 0.0),
        ("def f(w, g): return g + w", np.sin(np.pi / 4)),
        ("def f(w, g): return g + 0.001 * w", 0.001 / np.sqrt(1 + 0.001**2)),
        ("def f(w): return w", 1.0),
        ("def f(g): return -g", 1.0),
        ("def f(w, g): return w - g", 1.0),
    ],
)
def test_the_distance_is_the_sine_of_the_angle(text: str, expected: float) -> None:
    """Of the directions of all steps as one vector; 1 beyond a right angle."""
    target = Target(graph("def f(g): return g"), GIVEN)
    assert target.distance(graph(text)) == pytest.approx(expected, abs=1e-12)


def test_each_tensor_counts_alike() -> None:
    """Though one has gradients a million times smaller, half of the direction is its."""
    gradients = [[1.0, 0.0, 1e-6, 0.0]]
    weights = [[0.0, 0.0, 0.0, 1e-6]]
    target = Target(graph("def f(g): return g"), inputs(gradients, weights, [2, 2]))
    # Weighted, the direction is (1, 0, 1, 0) and the other one (1, 0, 1, 1).
    assert target.distance(graph("def f(w, g): return g + w")) == pytest.approx(np.sqrt(1 / 3))


@pytest.mark.parametrize("text", ["def f(g): return 0 * g", "def f(g): return exp(1000 * exp(g))"])
def test_what_is_zero_or_infinite_is_at_no_distance(text: str) -> None:
    """From anything, and nothing is from it."""
    sgd = graph("def f(g): return g")
    assert Target(sgd, GIVEN).residual(graph(text)) is None
    assert Target(sgd, GIVEN).distance(graph(text)) == np.inf
    assert Target(graph(text), GIVEN).distance(sgd) == np.inf
    assert Behaviour(graph(text)).fingerprint is None


def test_the_sine_is_exact_for_small_angles() -> None:
    """Where one minus a cosine would be lost in rounding."""
    for angle in (1e-9, 1e-3, 1.0):
        residual = np.array([np.cos(angle) - 1, np.sin(angle)])
        assert sine(residual) == pytest.approx(np.sin(angle), rel=1e-6)


def test_both_probes_are_asked() -> None:
    """On eight steps the two do the same; later they do not, and the distance tells so."""
    early = Behaviour(graph("def f(g, t): return where(t > 100, 0, g)"))
    sgd = graph("def f(g): return g")
    assert early.short.distance(sgd) == 0
    assert early.distance(sgd) == early.long.distance(sgd) > 0.1


def test_classes_leave_scale_out() -> None:
    """A multiple is of the class, another rule is not."""
    one = Behaviour(graph("def f(g): return 3 * g"))
    assert one.is_class_of(Behaviour(graph("def f(g): return g")))
    assert not one.is_class_of(Behaviour(graph("def f(g): return sign(g)")))
    assert one.size == pytest.approx(3 * Behaviour(graph("def f(g): return g")).size)
