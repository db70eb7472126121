"""The gradients that are made: of size 1, always the same."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

from evosearch import known_rule, lower
from evosearch.card.gradients import SHAPES, directions, root_mean_square, usual_gradients


def test_their_size_is_one() -> None:
    """So a factor on them is their size."""
    assert np.sqrt(np.mean(usual_gradients(1000).gradients ** 2)) == pytest.approx(1.0, rel=0.03)


def test_longer_ones_begin_with_shorter_ones() -> None:
    """What is measured after 100 steps does not depend on how many follow."""
    short, long = usual_gradients(10), usual_gradients(50)
    assert np.array_equal(short.gradients, long.gradients[:10])
    assert np.array_equal(short.weights, long.weights[:10])
    assert short.gradients.shape == (10, sum(prod(shape) for shape in SHAPES))


def test_the_direction_of_plain_descent_is_the_gradient() -> None:
    """The rule is given what was made."""
    inputs = usual_gradients(5)
    assert np.array_equal(directions(lower(known_rule("sgd")), inputs), inputs.gradients)


def test_a_root_mean_square_neither_overflows_nor_hides_what_is_not_finite() -> None:
    """Against numbers worked out by hand."""
    assert root_mean_square(np.array([3.0, 4.0])) == pytest.approx(np.sqrt(12.5))
    assert root_mean_square(np.array([3e200, 4e200])) == pytest.approx(np.sqrt(12.5) * 1e200)
    assert root_mean_square(np.zeros(3)) == 0
    assert root_mean_square(np.array([1.0, -np.inf])) == np.inf
    assert np.isnan(root_mean_square(np.array([1.0, np.nan])))
