"""The long trajectory shows what switches, whatever it hangs on."""

import numpy as np
import pytest

from evosearch import lower, parse
from evosearch.screening.long_probe import (
    LONG_SIZES,
    LONG_STEPS,
    NUDGE,
    TIMES,
    long_probe,
    run_long,
    switches,
)
from primitives import NumpySegments


def test_long_probe_brings_averages_near_zero() -> None:
    """Slow momentum is near zero more often in every third step than in that before."""
    gradients = long_probe().gradients
    assert gradients.shape == (LONG_STEPS, sum(LONG_SIZES))
    assert np.isfinite(gradients).all()
    for beta in (0.99, 0.999):
        graph = lower(parse(f"def f(g, m):\n m = lerp(g, m, {beta})\n return m, m"), bind=True)
        averages = np.abs(run_long(graph)[0])
        near = averages < 0.02 * np.median(averages, axis=0)
        chosen, others = near[2::3], near[1::3]
        assert np.mean(chosen) > 1.2 * np.mean(others)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("return g / (abs(g) + 1e-8)", False),
        ("return sign(g)", True),
        ("return g / abs(g)", True),
        ("return g * (w > 0)", True),
        ("return where(w, g, 2 * g)", True),
        ("return g + max(w, 0)", True),
        ("return clip(g, 0 - lr, lr)", True),
        ("return g + 0 * sign(w)", False),
    ],
)
def test_rules_that_switch_are_known(line: str, expected: bool) -> None:
    """Signs, comparisons, choices and extrema count, where the direction depends on them."""
    assert switches(lower(parse(f"def f(w, g, lr):\n {line}"), bind=True)) == expected


def test_long_probe_brings_averages_of_sums_near_zero() -> None:
    """So it is for momentum of each tensor's sum, in the steps that follow one in three."""
    sums = NumpySegments(LONG_SIZES).sum(long_probe().gradients)
    average, history = np.zeros(len(LONG_SIZES)), []
    for total in sums:
        average = 0.9 * average + 0.1 * total
        history.append(np.abs(average))
    near = np.array(history) < 0.02 * np.median(history, axis=0)
    assert np.mean(near[1::3]) > 1.2 * np.mean(near[::3])


def test_gradients_of_some_tensors_nearly_vanish_and_return() -> None:
    """As where training saturates; none is larger than what training meets."""
    gradients = np.abs(long_probe().gradients)
    assert gradients.max() <= 4
    middle = np.median(gradients[LONG_STEPS // 2 - 5 : LONG_STEPS // 2 + 5], axis=0)
    assert 0.1 < np.mean(middle < 1e-10) < 0.5
    assert np.median(gradients[-1]) > 1e-3


def test_times_are_what_t_is() -> None:
    """The step numbers rise beyond the number of steps."""
    directions = run_long(lower(parse("def f(g, t):\n return t + 0 * g"), bind=True))[0]
    assert (directions == TIMES[:, None]).all()
    assert (np.diff(TIMES) > 0).all()
    assert TIMES[0] == 1
    assert TIMES[-1] > 200


def test_nudged_gradients_differ_by_the_nudge() -> None:
    """Every gradient is changed by its own share, of about the size of the nudge."""
    graph = lower(parse("def f(g):\n return g"), bind=True)
    plain, nudged = run_long(graph)[0], run_long(graph, nudged=True)[0]
    change = nudged / plain - 1
    assert np.std(change) == pytest.approx(NUDGE, rel=0.1)
