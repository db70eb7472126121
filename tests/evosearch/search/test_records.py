"""What is written in a run's columns, and read back."""

from __future__ import annotations

import math

import pytest

from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Evaluation
from evosearch.scoring.tuner import Tuned
from evosearch.search.records import (
    StoredCandidate,
    evaluation_row,
    finite,
    loss_from,
    setting_row,
)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_no_finite_number_is_null(value: float) -> None:
    """SQLite writes NaN as null anyway; an infinity would be text that other tools cannot read."""
    assert finite(value) is None
    assert finite(0.25) == 0.25


def test_a_null_loss_is_that_of_a_training_that_diverged() -> None:
    """As such it is read back."""
    row = evaluation_row(3, "search", Evaluation("task", 100, 1, 0.5, math.inf, (0.9, 1e-8)))
    assert row == (3, "search", "task", 100, 1, 0.5, "[0.9, 1e-08]", None)
    assert loss_from(row[-1]) == math.inf
    assert loss_from(0.5) == 0.5


def test_a_score_is_the_speedup_of_a_fitness() -> None:
    """Fitness is its logarithm, base 2; the rejected have none."""

    def stored(fitness: float | None) -> StoredCandidate:
        return StoredCandidate(
            *(1, 0, None, (), "", "d", "s", "trained", None, 1, 0, None, None),
            *(3, 1, 1.0, fitness, 1),
        )

    assert stored(2.0).score == 4.0
    assert stored(None).score is None


@pytest.mark.parametrize(
    ("given_up", "halted", "ended"),
    [(False, False, "measured"), (True, False, "hopeless"), (True, True, "halted")],
)
def test_a_setting_is_written_with_how_its_tuning_ended(
    given_up: bool, halted: bool, ended: str
) -> None:
    """Constants are a list in JSON, which reads back to the last bit."""
    tuned = Tuned(Setting(0.5, (0.1 + 0.2,)), {}, (), 700, given_up, halted)
    row = setting_row(3, "search", "task", tuned)
    assert row == (3, "search", "task", 0.5, "[0.30000000000000004]", 700, ended)
