"""Reading speed-ups off AdamW's loss curve."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosearch.scoring.yardstick import (
    HORIZONS,
    SEEDS,
    Point,
    Yardstick,
    baseline,
    horizons,
    measure_yardstick,
)
from tests.support.tiny_task import TINY

TOP, SLOPE = 2.0, 0.25
CURVE = Yardstick(
    "synthetic",
    100,
    tuple(
        Point(steps, 0.01, (TOP - SLOPE * math.log2(steps),) * 2)
        for steps in (25, 50, 100, 200, 400)
    ),
)


def loss_after(steps: float) -> float:
    """The analytic curve on which the points of `CURVE` lie."""
    return TOP - SLOPE * math.log2(steps)


def stick(losses: list[float]) -> Yardstick:
    steps = [25, 50, 100, 200, 400]
    points = (Point(n, 0.01, (x, x)) for n, x in zip(steps, losses, strict=True))
    return Yardstick("synthetic", 100, tuple(points))


@pytest.mark.parametrize("steps", [6.25, 10, 25, 33, 50, 70.7, 100, 130, 200, 399, 400])
def test_speedup_inverts_the_curve(steps: float) -> None:
    """The loss that AdamW has after some steps is a speed-up of those steps, between points too."""
    assert CURVE.speedup(loss_after(steps)) == pytest.approx(steps / 100, rel=1e-6)


def test_points_of_any_curve_are_met_exactly() -> None:
    """Where the curve bends, each measured loss still gives its own steps."""
    bent = [3.0, 2.0, 1.8, 1.1, 1.0]
    speedups = [stick(bent).speedup(loss) for loss in bent]
    assert speedups == pytest.approx(HORIZONS, rel=1e-6)
    # Halfway in loss is halfway in the logarithm of the steps.
    assert stick(bent).speedup(2.5) == pytest.approx(2**-1.5, rel=1e-6)
    assert stick(bent).speedup(1.45) == pytest.approx(2**0.5, rel=1e-6)


def test_speedup_is_clipped() -> None:
    """Nothing is told apart under 1/16 or over 4, however bad or good."""
    assert CURVE.speedup(loss_after(3)) == 1 / 16
    assert CURVE.speedup(1e30) == 1 / 16
    assert CURVE.speedup(loss_after(500)) == pytest.approx(4, rel=1e-6)
    assert CURVE.speedup(-1e30) == pytest.approx(4, rel=1e-6)
    assert CURVE.speedup(-1e30) <= 4


@pytest.mark.parametrize("loss", [math.inf, math.nan])
def test_diverged_run_is_the_slowest(loss: float) -> None:
    """A loss that is no number counts as the lowest speed-up."""
    assert CURVE.speedup(loss) == 1 / 16


@given(
    st.lists(st.floats(0.0, 5.0), min_size=5, max_size=5),
    st.lists(st.floats(-1.0, 8.0), min_size=2, max_size=20),
)
def test_lower_loss_is_never_slower(curve: list[float], losses: list[float]) -> None:
    """The speed-up falls with the loss, and stays in its bounds, even where noise bends the curve
    upwards.
    """
    speedups = [stick(curve).speedup(loss) for loss in sorted(losses)]
    assert speedups == sorted(speedups, reverse=True)
    assert all(1 / 16 <= speedup <= 4 for speedup in speedups)


def test_longer_run_that_came_out_worse_does_not_make_its_loss_faster() -> None:
    """AdamW's loss at the task's own steps is no speed-up only because 2x came out worse."""
    noisy = stick([3.0, 2.0, 1.5, 1.6, 1.0])
    assert noisy.speedup(1.6) == pytest.approx(2**-0.2, rel=1e-6)
    assert noisy.speedup(1.5 + 1e-3) < 1


def test_baseline_over_itself_is_one() -> None:
    """Relative speed-ups of the baseline's own losses are 1 for every seed, exactly."""
    losses = {0: 0.3, 1: 0.4, 2: 0.35, 3: math.inf}
    assert CURVE.relative_speedups(losses, losses) == dict.fromkeys(losses, 1.0)


def test_speedups_are_paired_by_seed() -> None:
    """A seed's speed-up is over the baseline's on that seed, in whatever order they are given."""
    baseline_losses = {0: loss_after(100), 1: loss_after(50), 2: loss_after(200)}
    losses = {2: loss_after(100), 0: loss_after(150), 1: loss_after(100)}
    speedups = CURVE.relative_speedups(losses, baseline_losses)
    assert speedups == pytest.approx({0: 1.5, 1: 2.0, 2: 0.5}, rel=1e-6)


def test_baseline_losses_are_those_at_the_tasks_own_steps() -> None:
    """Seeds are numbered from 0."""
    points = list(CURVE.points)
    points[2] = Point(100, 0.01, (0.5, 0.7, 0.6))
    assert replace(CURVE, points=tuple(points)).baseline_losses == {0: 0.5, 1: 0.7, 2: 0.6}


def test_deviation_is_that_between_seeds() -> None:
    """Of two losses it is the square root of 2 times their distance from the mean."""
    point = Point(100, 0.01, (1.5 - 0.05, 1.5 + 0.05))
    assert point.loss == pytest.approx(1.5)
    assert point.deviation == pytest.approx(0.05 * math.sqrt(2))


def test_horizons_are_a_quarter_to_four_times_the_steps() -> None:
    """Whole numbers of steps, at least one."""
    assert horizons(replace(TINY, steps=120)) == [30, 60, 120, 240, 480]
    assert horizons(replace(TINY, steps=1)) == [1, 1, 1, 2, 4]


@pytest.fixture(scope="module")
def measured() -> Yardstick:
    return measure_yardstick(TINY)


def test_measured_yardstick_has_adamws_tuned_losses(measured: Yardstick) -> None:
    """One point per horizon, a loss per seed, longer runs better, and 1 at the task's steps."""
    assert [point.steps for point in measured.points] == [4, 8, 16, 32, 64]
    assert all(len(point.losses) == SEEDS for point in measured.points)
    losses = [point.loss for point in measured.points]
    assert losses == sorted(losses, reverse=True)
    assert measured.speedup(measured.points[2].loss) == pytest.approx(1, rel=1e-6)
    assert set(measured.baseline_losses) == set(range(SEEDS))


def test_baseline_has_the_update_size_of_a_normalised_rule() -> None:
    """AdamW's direction is about 1 in size, so that relative rates are close to its own."""
    assert 0.3 < baseline().update_size < 1.5
    assert np.isfinite(baseline().update_size)
