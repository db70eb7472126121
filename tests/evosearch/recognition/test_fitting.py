"""Fits find constants again that a program was given."""

from __future__ import annotations

import numpy as np
import pytest

from evosearch import known_rule, lower, parse
from evosearch.recognition.behaviour import Behaviour
from evosearch.recognition.fitting import (
    Fit,
    by_least_squares,
    by_simplex,
    drawn,
    is_flat,
    measured,
    rounded,
    tidied,
    try_numbers,
    without_zeros,
)
from evosearch.recognition.known import Known


def behaviour(text: str) -> Behaviour:
    return Behaviour(lower(parse(text), bind=True))


def at_its_own(name: str, other: Behaviour) -> Fit:
    known = Known(name)
    return measured(known, known.family.defaults, other.short)


RMSPROP = behaviour(
    "def f(g, v): v = 0.87654321 * v + 0.12345679 * g * g; return g / (sqrt(v) + 0.00271828), v"
)
LION = behaviour("def f(g, m): return sign(0.08765 * g + 0.91235 * m), 0.97654 * m + 0.02346 * g")


def test_least_squares_find_constants_to_all_digits() -> None:
    """Of RMSprop written by hand; both are far from the rule's own 0.99 and 1e-8."""
    fit = by_least_squares(at_its_own("rmsprop", RMSPROP), RMSPROP.short)
    assert fit.values == pytest.approx({"alpha": 0.87654321, "eps": 0.00271828}, rel=1e-7)
    assert fit.distance < 1e-8


def test_a_simplex_finds_what_shows_in_signs_alone() -> None:
    """Lion's betas, of which no small change moves the direction."""
    start = Fit(Known("lion"), (0.9, 0.99), np.inf)
    assert is_flat(start, LION.short)
    fit = by_simplex(start, LION.long)
    assert 1 - fit.values["beta1"] == pytest.approx(0.08765, rel=0.01)
    assert 1 - fit.values["beta2"] == pytest.approx(0.02346, rel=0.01)


def test_only_rules_that_no_constant_moves_are_flat() -> None:
    """RMSprop's constants move it; SGD has none to move."""
    assert not is_flat(at_its_own("rmsprop", RMSPROP), RMSPROP.short)
    assert not is_flat(at_its_own("sgd", LION), LION.short)
    assert is_flat(at_its_own("signum", LION), LION.short)


def test_a_programs_numbers_are_tried_for_each_constant() -> None:
    """Those that are out of a constant's domain are not; zero always is."""
    numbers = (0.97654, -3.0, 0.91235, 17.0)
    assert try_numbers(Known("lion"), LION.long, numbers).constants == (0.91235, 0.97654)
    adam = behaviour(
        "def f(g, v, t): v = lerp(g * g, v, 0.95); return g / sqrt(v / (1 - 0.95 ** t)), v"
    )
    fit = try_numbers(Known("adamw"), adam.short, (0.95, 0.05))
    assert fit.values == {"beta1": 0.0, "beta2": 0.95, "eps": 0.0}
    assert fit.distance == pytest.approx(0, abs=1e-12)


def test_constants_at_zero_can_be_given_their_own_values() -> None:
    """From zero no fit moves a size, since it has none."""
    fit = without_zeros(Fit(Known("adamw"), (0.0, 0.5, 0.0), np.inf), RMSPROP.short)
    assert fit.constants == (0.9, 0.5, 1e-8)


def test_draws_depend_on_rule_and_number_alone() -> None:
    """Decays stay decays, and sizes keep their sign."""
    known = Known("mars_adamw")
    first, again, second = (drawn(known, LION.short, number) for number in (0, 0, 1))
    assert first == again
    assert first.constants != second.constants
    for number in range(20):
        values = drawn(known, LION.short, number).values
        assert 0 <= values["beta1"] < 1
        assert values["eps"] > 0


def test_constants_are_rounded_while_the_class_stays() -> None:
    """To as few digits as do, and not at all where the rule is of another class."""
    nine = Behaviour(lower(known_rule("signum"), bind=True))
    tidy = tidied(Fit(Known("signum"), (0.90000012,), 0.0), nine)
    assert tidy is not None
    assert tidy.constants == (0.9,)
    assert tidied(Fit(Known("signum"), (0.8,), 0.0), nine) is None
    assert rounded(Fit(Known("signum"), (0.912345678,), 0.0), nine).constants == (0.91235,)


def test_a_rule_without_constants_is_left_as_it_is() -> None:
    """There is nothing to fit."""
    fit = at_its_own("sgd", RMSPROP)
    assert by_least_squares(fit, RMSPROP.short) == fit
    assert by_simplex(fit, RMSPROP.short) == fit
    assert try_numbers(Known("sgd"), RMSPROP.short, (0.3,)) == fit
