"""A yardstick from which speed-ups cannot be read is refused, since rounding would make them."""

from __future__ import annotations

import math
import re

import pytest

from evosearch.scoring.yardstick import Yardstick
from evosearch.scoring.yardstick_fault import yardstick_fault
from tests.support.yardsticks import curve, point, straight


def test_a_curve_that_falls_has_no_fault() -> None:
    """Nor one that falls by little, or not everywhere: then a search may still tell rules apart."""
    assert yardstick_fault(straight(1.0, 0.1)) is None
    assert yardstick_fault(curve([0.5, 0.4, 0.4, 0.4, 0.4])) is None
    assert yardstick_fault(curve([0.5, 0.5, 0.5, 0.5, 0.5 - 1e-6])) is None


@pytest.mark.parametrize("bad", [math.inf, math.nan])
@pytest.mark.parametrize("place", range(5))
def test_a_loss_that_is_not_finite_is_a_fault(bad: float, place: int) -> None:
    """At any number of steps, on any seed; the task is named. What does not diverge on that seed
    would else be many times as fast, as the second assertion shows.
    """
    good = straight(1.0, 0.1, "mine")
    losses = [list(point.losses) for point in good.points]
    losses[place][1] = bad
    points = tuple(point(one.steps, own) for one, own in zip(good.points, losses, strict=True))
    yardstick = Yardstick("mine", good.steps, points, good.default, good.budget)
    count = sum(map(len, losses))
    told = f"task 'mine': the loss of tuned AdamW is not finite in 1 of {count} trainings, so that"
    assert re.match(re.escape(told), yardstick_fault(yardstick) or "")
    if place == 2:
        assert good.relative_speedups({1: 1.0}, {1: bad})[1] > 10


def test_a_loss_that_no_training_changes_is_a_fault() -> None:
    """On each seed another or not."""
    told = (
        r"task 'mine': the loss of tuned AdamW is the same from 25 to 400 steps \(0\.5, then 0\.5"
    )
    assert re.match(told, yardstick_fault(curve([0.5] * 5, "mine")) or "")
    good = straight(1.0, 0.1, "mine")
    points = tuple(point(one.steps, [0.4, 0.5, 0.6, 0.5]) for one in good.points)
    by_seed = Yardstick("mine", good.steps, points, good.default, good.budget)
    assert re.match(told, yardstick_fault(by_seed) or "")


def test_a_loss_that_only_worsens_is_a_fault() -> None:
    """Else the least luck would be four times as fast, as the last assertion shows."""
    worse = curve([0.5, 0.6, 0.7, 0.8, 0.9], "mine")
    told = r"task 'mine': the loss of tuned AdamW does not fall from 25 to 400 steps \(0\.5, then 0"
    assert re.match(told, yardstick_fault(worse) or "")
    assert worse.speedup(0.49) == pytest.approx(4, rel=1e-6)


def test_a_fall_by_the_luck_of_seeds_is_a_fault() -> None:
    """Its mean is 0.005, and its standard error, of seeds that differ by 0.02, 0.01."""
    good = straight(1.0, 0.1, "mine")
    by_luck = [[0.5] * 4] * 4 + [[0.475, 0.515, 0.475, 0.515]]
    points = tuple(point(one.steps, own) for one, own in zip(good.points, by_luck, strict=True))
    lucky = Yardstick("mine", good.steps, points, good.default, good.budget)
    assert "does not fall" in (yardstick_fault(lucky) or "")


def test_negative_losses_are_as_good_as_others() -> None:
    """A speed-up goes by differences: a constant taken from all losses changes none of them."""
    above, below = straight(1.0, 0.1), straight(-9.0, 0.1)
    assert yardstick_fault(below) is None
    for loss in (1.3, 1.05, 1.0, 0.9, 0.7):
        assert below.speedup(loss - 10) == pytest.approx(above.speedup(loss), rel=1e-9)
