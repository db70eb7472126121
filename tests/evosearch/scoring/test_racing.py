"""Settings of one generation race; at each rung the better half goes on."""

import numpy as np
import pytest

from evosearch.scoring.racing import FEWEST_STEPS, Race, marks, racing_share, racing_steps

INF, NAN = float("inf"), float("nan")


def test_rungs_are_shares_of_the_steps() -> None:
    """A quarter and half of them; nothing is stopped in short trainings."""
    assert marks(400) == (100, 200)
    assert marks(FEWEST_STEPS) == (10, 20)
    assert marks(FEWEST_STEPS - 1) == ()


def test_a_race_costs_what_its_trainings_take() -> None:
    """Of 8 settings 4 go on at a quarter and 2 at half of the way: half of all steps."""
    assert racing_steps(8, 400) == 8 * 100 + 4 * 100 + 2 * 200
    assert racing_share(400) == racing_steps(8, 400) / (8 * 400)
    assert racing_steps(7, 400) == 7 * 100 + 4 * 100 + 2 * 200  # halves are rounded up
    assert racing_steps(8, 30) == 8 * 30
    assert racing_share(30) == 1


@pytest.mark.parametrize(
    ("losses", "going"),
    [
        ([1.0, 1.1, 1.2, 1.3], [True, True, False, False]),
        ([1.3, 1.2, INF, 1.0], [False, True, False, True]),
        ([INF, INF, INF, 1.0], [True, False, False, True]),
        ([1.0, 1.0, 1.0, 1.0], [True, True, False, False]),  # the first of equals
        ([1.0, NAN, 2.0, 3.0], [True, False, True, False]),
        ([1.0, 0.5, 2.0], [True, True, False]),  # the middle one of an odd number goes on
        ([5.0], [True]),
    ],
)
def test_the_better_half_goes_on(losses: list[float], going: list[bool]) -> None:
    """Diverged settings are the worst, and so are those of which nothing is known."""
    race = Race(range(len(losses)))
    assert race.judge(0, np.array(losses)).tolist() == going
    assert race.best == [np.nanmin(losses)]
    assert not race.halted


def test_all_seeds_of_a_setting_go_on_or_none() -> None:
    """By their mean: one lucky seed saves no setting, a diverged one sinks it."""
    race = Race([0, 0, 1, 1, 2, 2, 3, 3])
    losses = np.array([0.1, 9.0, 1.0, 1.0, 0.5, INF, 2.0, 2.0])
    assert race.judge(0, losses).tolist() == [False] * 2 + [True] * 2 + [False] * 2 + [True] * 2
    assert race.best == [1.0]


def test_who_was_stopped_stays_out_and_makes_no_room() -> None:
    """A diverged training is told as infinite at every rung, its stopped twin as NaN."""
    race = Race([0, 0, 1, 1, 2, 2, 3, 3])
    race.judge(0, np.array([1.0, 1.0, 2.0, 2.0, INF, 1.0, INF, INF]))
    going = race.judge(1, np.array([1.2, 1.2, 1.1, 1.1, INF, NAN, INF, INF]))
    assert going.tolist() == [False] * 2 + [True] * 2 + [False] * 4
    assert race.best == [1.0, 1.1]


def test_a_rule_that_exceeds_a_limit_is_stopped() -> None:
    """All its trainings, where its best setting is worse than the limit of the rung."""
    race = Race(range(4), limits=(1.5, 1.0))
    assert race.judge(0, np.array([1.5, 2.0, 3.0, INF])).tolist() == [True, True, False, False]
    assert not race.judge(1, np.array([1.01, 1.02, NAN, INF])).any()
    assert race.halted
    assert not race.judge(2, np.array([NAN, NAN, NAN, INF])).any()
    assert race.halted
    assert race.best == [1.5, 1.01]


def test_a_race_of_nobody_has_no_best() -> None:
    """As where no setting of a generation can be trained."""
    race = Race([])
    assert race.judge(0, np.array([])).shape == (0,)
    assert race.best == []
