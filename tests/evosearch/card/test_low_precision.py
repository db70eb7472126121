"""What bfloat16 loses: against its eight significant bits, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evosearch import known_rule, lower, parse
from evosearch.card.low_precision import falling_gradients, low_precision, low_precision_section
from evosearch.screening.trajectory import Inputs
from primitives import NumpySegments

STEPS = 1000


def constant(gradient: float, rate: float = 0.0, weight: float = 1.0) -> Inputs:
    """The same gradient and weight in each step, for three elements."""
    shape = (STEPS, 3)
    return Inputs(
        NumpySegments([3]),
        np.full(shape, weight),
        np.full(shape, gradient),
        np.full((STEPS, 1), rate),
    )


def test_a_slow_average_stalls_at_a_quarter() -> None:
    """v += 0.001 (1 - v) comes to 1/4 and no further.

    Numbers from 1/4 to 1/2 are 2 ** -9 apart, and half of that is more than 0.001 * 3/4; below,
    they are 2 ** -10 apart, half of which is less than what is added.
    """
    rule = lower(parse("def f(g, v):\n  v = lerp(square(g), v, 0.999)\n  return g / sqrt(v), v"))
    values = low_precision(rule, constant(1.0))
    true = 1 - 0.999**STEPS
    (state,) = values.states
    assert state.error == pytest.approx((true - 0.25) / true, rel=1e-6)
    assert state.stalled == 1.0
    assert values.size_ratio == pytest.approx(np.sqrt(true / 0.25), rel=0.02)
    assert values.update_error_float32 < 1e-5


def test_a_quick_average_does_not() -> None:
    """With 0.9 it comes as near as its numbers are apart."""
    rule = lower(parse("def f(g, v):\n  v = lerp(square(g), v, 0.9)\n  return g / sqrt(v), v"))
    (state,) = low_precision(rule, constant(1.0)).states
    assert state.error < 2.0**-8 * 10  # it stops where 0.1 (1 - v) is half a unit


def test_a_counter_stops_at_256() -> None:
    """257 has nine bits."""
    rule = lower(parse("def f(g, n):\n  n = n + 1\n  return g / n, n"))
    (state,) = low_precision(rule, constant(1.0)).states
    assert state.error == pytest.approx((STEPS - 256) / STEPS)
    assert state.stalled == 1.0


@pytest.mark.parametrize(("exponent", "lost"), [(-11, 1.0), (-10, 1.0), (-8, 0.0), (-7, 0.0)])
def test_weights_lose_changes_below_half_a_unit(exponent: int, lost: float) -> None:
    """From 1 downwards numbers are 2 ** -8 apart (then less), so 2 ** -9 is the border."""
    inputs = constant(1.0, rate=2.0**exponent)
    inputs = Inputs(inputs.segments, inputs.weights[:60], inputs.gradients[:60], inputs.rates[:60])
    values = low_precision(lower(known_rule("sgd")), inputs)
    assert values.weights_lost == lost
    assert values.way_left == pytest.approx(1 - lost)
    assert values.states == ()
    assert values.update_error == 0


def test_adams_v_cannot_follow_gradients_that_fall() -> None:
    """A decay by a thousandth is less than 2 ** -9: v stays too large, and steps too small."""
    values = low_precision(lower(known_rule("adamw"), bind=True), falling_gradients())
    states = {state.name: state for state in values.states}
    assert states["v"].stalled > 0.99
    assert states["v"].error > 0.5
    assert states["m"].stalled < 0.1
    assert values.size_ratio < 0.8


def test_gradients_fall_to_a_tenth() -> None:
    """As the card says."""
    rows = falling_gradients().gradients
    sizes = [np.sqrt(np.mean(part**2)) for part in (rows[:50], rows[-50:])]
    assert sizes[1] / sizes[0] == pytest.approx(0.1, rel=0.15)


@pytest.mark.slow
def test_a_user_is_told_what_to_keep_in_float32() -> None:
    """By name; and of recorded gradients too, where there are some."""
    graph = lower(known_rule("adamw"), bind=True)
    made = low_precision_section(graph, None, "")
    assert made.meaning.startswith("Keep v in float32")
    assert made.values.recorded is None
    recorded = low_precision_section(graph, constant(0.1, rate=1e-5), "a training on x")
    assert "Keep a copy of the weights in float32" in recorded.meaning
    assert "weights in bfloat16, a training on x" in [fact.label for fact in recorded.facts]
    plain = low_precision_section(lower(known_rule("sgd")), None, "")
    assert plain.meaning.startswith("There are no states to round.")
