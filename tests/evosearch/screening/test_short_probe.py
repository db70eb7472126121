"""The probe brings out what rules differ in, and is the same everywhere."""

import numpy as np
import pytest

from evosearch import lower, parse
from evosearch.screening.short_probe import (
    ELEMENTS,
    OTHER_SIZES,
    SPARSE_STEP,
    STEPS,
    ZERO_STEP,
    Trace,
    probe,
    run,
)


def trace_of(*lines: str) -> Trace:
    return run(lower(parse("\n ".join(lines)), bind=True))


def test_probe_has_the_steps_it_promises() -> None:
    """One step's gradient is zero, one's mostly, the others' nowhere; the rate falls."""
    data = probe()
    shape = (STEPS, ELEMENTS + sum(OTHER_SIZES))
    assert data.gradients.shape == data.weights.shape == shape
    zeros = (data.gradients == 0).mean(axis=1)
    assert zeros[ZERO_STEP - 1] == 1
    assert 0.5 < zeros[SPARSE_STEP - 1] < 1
    others = [t for t in range(1, STEPS + 1) if t not in (ZERO_STEP, SPARSE_STEP)]
    assert not zeros[[t - 1 for t in others]].any()
    assert all(a > b > 0 for a, b in zip(data.rates, data.rates[1:], strict=False))


def test_probe_gradients_have_a_direction() -> None:
    """The mean gradient stands out of the noise, so that momentum points downhill."""
    gradients = probe().gradients[:, :ELEMENTS]
    steady = np.linalg.norm(gradients.mean(axis=0))
    assert steady > np.linalg.norm(gradients.std(axis=0)) / np.sqrt(STEPS)


def test_gradients_around_the_core_span_decades() -> None:
    """Some tensors have small gradients, some change theirs by decades within the steps."""
    gradients = np.abs(probe().gradients[:, ELEMENTS:])
    assert gradients.max() > 0.5
    medians = np.median(gradients.reshape(STEPS, len(OTHER_SIZES), -1), axis=2)
    first, last = medians[0], medians[-1]
    assert (first[:2] < 5e-3).all()
    assert last[2] < 1e-2 * first[2]
    assert first[3] < 1e-2 * last[3]


def test_probe_draws_from_no_global_generator() -> None:
    """The probe's numbers do not depend on numpy's seed."""
    expected = probe().gradients.copy()
    probe.cache_clear()
    state = np.random.get_state()  # noqa: NPY002 - the global generator is what is tested
    assert (probe().gradients == expected).all()
    after = np.random.get_state()  # noqa: NPY002
    assert (state[1] == after[1]).all()


def test_directions_are_the_rules() -> None:
    """Each step's direction is the rule's of that step's weights, gradient, rate and number."""
    data = probe()
    trace = trace_of("def f(w, g, lr, t):", "return g + t * w * lr")
    found = trace.everything
    assert (trace.directions == found[:, :ELEMENTS]).all()
    for t in range(1, STEPS + 1):
        expected = data.gradients[t - 1] + t * data.weights[t - 1] * data.rates[t - 1]
        np.testing.assert_allclose(found[t - 1], expected, rtol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 1e200, 1e-200])
def test_update_size_is_the_root_mean_square(scale: float) -> None:
    """The update size is proportional to the direction at any magnitude."""
    trace = trace_of("def f(g):", f"return sign(g) * {scale}")
    share = np.mean(probe().gradients[:, :ELEMENTS] != 0)
    assert trace.update_size == pytest.approx(scale * np.sqrt(share), rel=1e-12)


def test_update_size_of_nothing_is_zero() -> None:
    """A rule that never moves has size zero, one that overflows an infinite one."""
    assert trace_of("def f(g):", "return g * 0").update_size == 0
    assert trace_of("def f(g):", "return exp(1e6 * abs(g))").update_size == np.inf


def test_largest_state_is_the_largest_magnitude() -> None:
    """It is taken over all states, elements, signs and steps."""
    trace = trace_of("def f(g, a, b):", "return g + a + b, a + 1, b - 3")
    assert trace.largest_state == 3 * STEPS
    assert trace_of("def f(g):", "return g").largest_state == 0


@pytest.mark.parametrize("order", ["a, b", "b, a"])
def test_state_that_is_no_number_is_not_overlooked(order: str) -> None:
    """If any state is not a number, the largest is not one either, in any order of states."""
    infinite = "exp(exp(t * 100))"
    writes = {"a": "t", "b": f"where(t > {STEPS - 1}, {infinite} - {infinite} * 2, 0)"}
    written = ", ".join(writes[name] for name in order.split(", "))
    trace = trace_of(f"def f(g, t, {order}):", f"return g + a + b, {written}")
    assert np.isfinite(trace.directions).all()
    assert np.isnan(trace.largest_state)
