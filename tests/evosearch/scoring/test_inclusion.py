"""Whether rules that contain others are no worse; against the formula of a standard error."""

import math

import pytest

from evosearch import known_rule, lower
from evosearch.graph.digest import digest
from evosearch.scoring.inclusion import CONTAINED, inclusions
from evosearch.screening.family import Family


def test_noise_is_two_standard_errors_of_the_difference() -> None:
    """Welch's standard error, by hand: variances 2 and 0.5 over two tunings each."""
    (one,) = inclusions({"momentum": [2.0, 4.0], "sgd": [1.0, 2.0]})
    assert (one.rule, one.contained) == ("momentum", "sgd")
    assert one.excess == pytest.approx(1.5)
    assert one.noise == pytest.approx(2 * math.sqrt(2 / 2 + 0.5 / 2))
    assert one.holds


def test_a_rule_that_is_worse_beyond_noise_fails() -> None:
    """Losses that do not overlap, the container's above."""
    (one,) = inclusions({"adam": [2.0, 2.01], "rmsprop": [1.0, 1.01]})
    assert not one.holds


def test_pairs_that_were_not_measured_are_left_out() -> None:
    assert inclusions({"adam": [1.0, 2.0]}) == []


def test_momentum_contains_sgd() -> None:
    """At a momentum of 0 it is sgd, so the pair is one of inclusion."""
    family = Family(lower(known_rule("momentum")))
    assert ("momentum", "sgd") in CONTAINED
    assert family.names == ("mu",) or len(family.names) == 1
    contender = family.contender((0.0,))
    plain = Family(lower(known_rule("sgd"))).contender(())
    assert contender is not None
    assert plain is not None
    assert contender.update_size == pytest.approx(plain.update_size)
    assert digest(lower(known_rule("sgd"), bind=True))
