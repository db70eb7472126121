"""Trainings that are plainly beaten are stopped, and those that might win are not."""

import numpy as np
import pytest

from evosearch.scoring import racing
from evosearch.scoring.racing import RUNGS, Racer, marks

INF, NAN = float("inf"), float("nan")


def started(limits: tuple[float, ...] = ()) -> Racer:
    """A racer whose trainings all began at a loss of 3."""
    racer = Racer(limits)
    assert racer.judge(0, np.array([3.0, 3.0, INF]), [0.1, 0.2, 0.4]).all()
    return racer


def test_rungs_are_shares_of_the_steps() -> None:
    """The start, a quarter and a half; nothing is stopped in short trainings."""
    assert marks(400) == (8, 100, 200)
    assert marks(100) == (2, 25, 50)
    assert marks(racing.FEWEST_STEPS - 1) == ()


@pytest.mark.parametrize(
    ("losses", "going"),
    [
        # The best has gained 2; at the first rung another may lag by half of that.
        ([1.0, 1.9, 2.1], [True, True, False]),
        ([2.1, 1.0, 1.9], [False, True, True]),
        ([1.0, INF, NAN], [True, False, True]),  # one diverged, another was stopped before
        ([3.5, 3.4, 3.6], [False, True, False]),  # none has gained anything
        ([INF, INF, INF], [True, True, True]),  # diverged ones are not computed anyway
    ],
)
def test_a_rate_that_lags_plainly_is_stopped(losses: list[float], going: list[bool]) -> None:
    """By the margin of the rung, relative to what the best rate has gained."""
    assert RUNGS[0].margin == 0.5
    racer = started()
    assert racer.judge(1, np.array(losses), [0.1, 0.2, 0.4]).tolist() == going
    assert racer.best == [min(loss for loss in losses if not np.isnan(loss))]


def test_a_rate_is_judged_by_the_mean_of_its_seeds() -> None:
    """One lucky seed does not save a rate, and one bad one does not sink it."""
    racer = started()
    rates = [0.1, 0.1, 0.2, 0.2]
    going = racer.judge(1, np.array([1.0, 1.0, 0.5, 4.0]), rates)
    assert going.tolist() == [True, True, False, False]
    going = started().judge(1, np.array([1.0, 1.0, 0.5, 2.5]), rates)
    assert going.all()


def test_a_rate_that_is_tried_later_races_the_earlier_ones() -> None:
    """Where the grid grows, the new rate must keep up with the best so far."""
    racer = started()
    racer.judge(1, np.array([1.0]), [0.2])
    assert racer.judge(1, np.array([2.5]), [0.8]).tolist() == [False]
    assert racer.beaten == {0.8}
    assert racer.judge(1, np.array([0.8]), [0.4]).tolist() == [True]
    assert racer.best == [0.8]


def test_a_rule_that_exceeds_a_limit_is_stopped() -> None:
    """All its trainings, where its best rate is worse than the limit of the rung."""
    racer = started((1.5, 1.0))
    assert racer.judge(1, np.array([1.5, 2.0]), [0.1, 0.2]).all()
    assert not racer.judge(2, np.array([1.01, 1.02]), [0.1, 0.2]).any()
    assert racer.halted
    assert racer.best == [1.5, 1.01]
