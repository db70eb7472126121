"""Whether rules that contain others are no worse; against the formula of a standard error."""

import math

import numpy as np
import pytest

from evosearch import known_rule, lower
from evosearch.graph.graph import HYPERPARAMETER
from evosearch.scoring.inclusion import CONTAINED, inclusions
from evosearch.screening.contender import with_values
from evosearch.screening.short_probe import run


def test_noise_is_two_standard_errors_of_the_difference() -> None:
    """Welch's standard error, by hand: variances 2 and 0.5 over two tunings each.

    Their median is their mean, so that taking half of it changes nothing in the sum.
    """
    (one,) = inclusions({"momentum": [2.0, 4.0], "sgd": [1.0, 2.0]})
    assert (one.rule, one.contained) == ("momentum", "sgd")
    assert one.excess == pytest.approx(1.5)
    assert one.noise == pytest.approx(2 * math.sqrt(2 / 2 + 0.5 / 2))
    assert one.holds


def test_a_rule_that_is_worse_beyond_noise_fails() -> None:
    """Losses that do not overlap, the container's above."""
    (one,) = inclusions({"adam": [2.0, 2.01], "rmsprop": [1.0, 1.01]})
    assert not one.holds


def test_two_tunings_that_agree_by_chance_are_no_certainty() -> None:
    """Where those of other rules spread by 1, an excess of 0.1 is noise."""
    others = {f"other{n}": [1.0, 2.0] for n in range(5)}
    (one,) = inclusions({"momentum": [1.1, 1.1], "sgd": [1.0, 1.0], **others})
    assert one.holds


def test_a_rule_that_diverged_is_worse_than_one_that_did_not() -> None:
    """Whatever the noise; of two that diverged nothing is known."""
    (worse,) = inclusions({"adam": [1.0, np.inf], "rmsprop": [1.0, 9.0]})
    (better,) = inclusions({"adam": [1.0, 9.0], "rmsprop": [1.0, np.nan]})
    assert not worse.holds
    assert better.holds
    assert inclusions({"adam": [np.inf, 1.0], "rmsprop": [np.inf, 1.0]}) == []


def test_pairs_that_were_not_measured_are_left_out() -> None:
    assert inclusions({"adam": [1.0, 2.0]}) == []


@pytest.mark.parametrize(
    ("rule", "contained", "values"),
    [
        ("ademamix", "adam", {"alpha": 0.0}),
        ("momentum", "sgd", {"mu": 0.0}),
        ("nesterov", "sgd", {"mu": 0.0}),
    ],
)
def test_rules_contain_others(rule: str, contained: str, values: dict[str, float]) -> None:
    """At these constants, all else as it is, the directions on the probe are the other rule's."""
    assert (rule, contained) in CONTAINED
    graph = lower(known_rule(rule))
    defaults = {n.label: n.value for n in graph.nodes if n.op == HYPERPARAMETER}
    larger = run(with_values(graph, list((defaults | values).values())))
    smaller = run(lower(known_rule(contained), bind=True))
    np.testing.assert_allclose(larger.everything, smaller.everything, rtol=1e-12)
    assert not np.allclose(run(graph).everything, smaller.everything)
