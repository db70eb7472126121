"""Reading speed-ups off a curve whose steps are known for each loss."""

import math

import pytest

from evosearch.scoring.curve import SLOWEST, Curve, curve

HALVING = curve(100, [(200, 0.5), (25, 2.0), (100, 1.0), (50, 1.5)])
"""Each loss below stands for a doubling of the steps, in whatever order points are given."""


def test_points_may_come_in_any_order() -> None:
    """They are put in the order of their steps."""
    assert Curve(100, (25, 50, 100, 200), (2.0, 1.5, 1.0, 0.5)) == HALVING


@pytest.mark.parametrize(
    ("loss", "speedup"),
    [(2.0, 0.25), (1.0, 1.0), (0.75, math.sqrt(2)), (0.5, 2.0), (0.1, 2.0), (2.25, 2**-2.5)],
)
def test_a_loss_is_worth_the_steps_that_lead_to_it(loss: float, speedup: float) -> None:
    """Between points the logarithm is linear; beyond the longest training nothing is told apart."""
    assert HALVING.speedup(loss) == pytest.approx(speedup, rel=1e-6)
    if loss >= 0.5:
        assert HALVING.loss_at(speedup) == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize("loss", [math.inf, math.nan, 1e9])
def test_a_loss_that_is_none_is_the_slowest(loss: float) -> None:
    """So is one far above all that was measured."""
    assert HALVING.speedup(loss) == SLOWEST
