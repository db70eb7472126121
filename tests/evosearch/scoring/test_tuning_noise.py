"""A mean's standard error, where few tunings say little of one rule's noise."""

import numpy as np
import pytest
from scipy import stats

from evosearch.scoring.tuning_noise import squared_errors

INF = float("inf")


def test_equal_spreads_give_the_usual_standard_error() -> None:
    """As scipy computes it, of each rule."""
    losses = {"a": [1.0, 2.0, 4.0], "b": [11.0, 12.0, 14.0]}
    expected = {rule: stats.sem(own) ** 2 for rule, own in losses.items()}
    assert squared_errors(losses) == pytest.approx(expected)


def test_more_tunings_give_a_smaller_error() -> None:
    few, many = {"a": [0.0, 1.0]}, {"a": [0.0, 1.0] * 8}
    assert squared_errors(many)["a"] < squared_errors(few)["a"] / 8


def test_half_of_the_variance_is_that_of_the_median_rule() -> None:
    """Variances 0, 2 and 8: the first rule has an error though its tunings agree."""
    losses = {"a": [5.0, 5.0], "b": [0.0, 2.0], "c": [0.0, 4.0]}
    assert squared_errors(losses) == pytest.approx({"a": 0.5, "b": 1.0, "c": 2.5})


@pytest.mark.parametrize("diverged", [INF, float("nan")])
def test_a_rule_that_diverged_has_no_error_and_leaves_others_theirs(diverged: float) -> None:
    losses = {"a": [0.0, 2.0], "b": [1.0, diverged]}
    assert squared_errors(losses) == pytest.approx({"a": 1.0, "b": 0.0})
    assert squared_errors({"b": [diverged, diverged]}) == {"b": 0.0}
    assert np.isfinite(list(squared_errors(losses).values())).all()
