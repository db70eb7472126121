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
    told = r"task 'mine': the loss of AdamW is the same after 25 and after 400 steps, 0\.5, so"
    assert re.match(told, yardstick_fault(curve([0.5] * 5, "mine")) or "")
    good = straight(1.0, 0.1, "mine")
    points = tuple(point(one.steps, [0.5, 0.6, 0.7, 0.8]) for one in good.points)
    by_seed = Yardstick("mine", good.steps, points, good.default, good.budget)
    assert re.match(told, yardstick_fault(by_seed) or "")
