"""What rules do at zero gradients: against geometry series and definitions."""

from __future__ import annotations

from math import log

import pytest

from evosearch import known_rule, lower, parse
from evosearch.card.zeros import Zeros, zeros


def known(name: str) -> Zeros:
    return zeros(lower(known_rule(name), bind=True))


def half_life(decay: float) -> int:
    """The first whole step at which a power is a half or less."""
    return int(log(0.5) / log(decay)) + 1


def test_plain_descent_stops_at_once() -> None:
    """It has no memory."""
    values = known("sgd")
    assert set(values.moving.values()) == {0.0}
    assert values.still == 1
    assert values.states == ()
    assert values.finite


def test_momentum_goes_on_and_runs_out() -> None:
    """As 0.9 ** k: half after 7 steps, 1% after 44, as log(0.01) / log(0.9) = 43.7."""
    values = known("momentum")
    assert values.moving[10] / values.moving[1] == pytest.approx(0.9**9)
    assert [state.half for state in values.states] == [half_life(0.9)] == [7]
    # The last momentum before the silence need not be as large as the usual one.
    assert values.still is not None
    assert abs(values.still - 44) <= 1


def test_averages_decay_by_their_rates() -> None:
    """Adam's m by 0.9 and v by 0.999, AMSGrad's peak not at all."""
    states = {state.name: state for state in known("amsgrad").states}
    assert states["m"].half == half_life(0.9)
    assert states["v"].half == half_life(0.999) == 693
    assert states["v"].left == pytest.approx(0.999**1000)
    assert states["peak"].left == 1.0
    assert states["peak"].half is None


def test_adagrad_never_forgets() -> None:
    """Its sum of squares stays, so it wakes as it fell asleep."""
    values = known("adagrad")
    assert [state.left for state in values.states] == [1.0]
    assert values.moving[1] == 0
    assert values.wake[1000] <= 1


def test_a_sign_moves_on_at_full_speed() -> None:
    """Lion's momentum decays but keeps its sign (until it underflows)."""
    values = known("lion")
    assert values.moving[1] == values.moving[1000] == 1.0
    assert values.still is None
    assert [state.half for state in values.states] == [half_life(0.99)]


def test_a_short_average_of_squares_leaps_after_a_silence() -> None:
    """RMSProp's first update is g / sqrt((1 - alpha) g^2), ten times a sign for alpha = 0.99.

    Its usual updates are a little larger than signs, for they are noisy.
    """
    values = zeros(
        lower(parse("def f(g, v):\n  v = lerp(square(g), v, 0.99)\n  return g / sqrt(v), v"))
    )
    assert 8 < values.wake[1000] <= 10
    assert values.wake[1000] > values.wake[100] > 1


@pytest.mark.parametrize(
    ("name", "factor"),
    [("sgd", 1.0), ("momentum", 1.0), ("lion", 100.0), ("adagrad", 10.0), ("adamw", 10.0)],
)
def test_rare_gradients_count_by_the_rule(name: str, factor: float) -> None:
    """At a share of 0.01: linear rules 1, what divides by a root of their mean square
    1 / sqrt(0.01), signs that are remembered 1 / 0.01."""
    assert known(name).per_gradient == pytest.approx(factor, rel=0.05)


def test_a_counter_grows_in_silence() -> None:
    """From 200 to 1200."""
    values = zeros(lower(parse("def f(g, n):\n  n = n + 1\n  return g / sqrt(n), n")))
    assert [state.left for state in values.states] == [6.0]


def test_what_is_not_finite_is_noticed() -> None:
    """A state that doubles overflows within 1200 steps."""
    assert not zeros(lower(parse("def f(g, m):\n  m = 2 * m + g\n  return m, m"))).finite


def test_a_direction_that_needs_no_gradient_moves_from_the_start() -> None:
    """LAMB's decay is part of the rule, and its trust ratio makes it a whole step."""
    assert known("lamb").from_start > 0.5
    assert known("adamw").from_start == 0
