"""The trainings of the finals: their seeds, and the settings that the ranking gives the report."""

from __future__ import annotations

import math

import pytest

from evosearch import known_rule, lower
from evosearch.scoring.remeasurement import (
    RANKING_SEEDS,
    TUNING_SEEDS,
    report_seeds,
    train_at,
    tune_again,
)
from evosearch.scoring.setting import Setting
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.screening.family import Family
from tests.support.tiny_task import TINY, TINY_TOO
from tests.support.yardsticks import straight

ADAMW, SGD = (Family(lower(known_rule(name))) for name in ("adamw", "sgd"))
TASKS = [MeasuredTask(task, straight(1, 0.5, task.name, 16)) for task in (TINY, TINY_TOO)]
START = {task.name: Setting(0.2, (0.8, 0.98, 1e-8)) for task, _ in TASKS}


def test_report_seeds_are_as_many_as_asked_for() -> None:
    """More of them begin with the fewer."""
    assert len(set(report_seeds(8))) == 8
    assert report_seeds(8)[:3] == report_seeds(3)


def test_ranking_tunes_from_the_best_settings_on_seeds_of_its_own() -> None:
    """Its losses are on seeds that no setting was chosen by, one per ranking seed and task."""
    (tuned,) = tune_again([ADAMW], [START], TASKS, 40, (7,))
    assert list(tuned) == ["tiny", "tiny_too"]
    for name, own in tuned.items():
        assert own.evaluations[0].setting == START[name]
        assert {e.seed for e in own.evaluations} == {*TUNING_SEEDS, *RANKING_SEEDS}
        assert tuple(own.losses) == RANKING_SEEDS
        assert 20 * 16 < own.spent <= 40 * 16


def test_a_rule_without_a_start_on_a_task_begins_at_its_defaults() -> None:
    """As in the search, of all rates."""
    (tuned,) = tune_again([ADAMW], [{"tiny": START["tiny"]}], TASKS, 40, ())
    assert tuned["tiny"].evaluations[0].setting == START["tiny"]
    assert tuned["tiny_too"].evaluations[0].constants == ADAMW.defaults


def test_results_do_not_depend_on_the_company() -> None:
    """To the last bit; another key draws other settings."""
    starts = [START, {}]
    together = tune_again([ADAMW, SGD], starts, TASKS, 40, (7,))
    alone = [
        tune_again([family], [own], TASKS, 40, (7,))[0]
        for family, own in zip([ADAMW, SGD], starts, strict=True)
    ]
    assert together == alone
    (other,) = tune_again([ADAMW], [START], TASKS, 40, (8,))
    assert other["tiny"].evaluations != alone[0]["tiny"].evaluations


def test_a_rule_that_diverges_in_the_ranking_has_infinite_losses() -> None:
    """On every seed, so that it is ranked last and stops nobody's measurement."""
    wild = {task.name: Setting(1e30, ()) for task, _ in TASKS}
    (tuned,) = tune_again([SGD], [wild], TASKS, 40, ())
    for own in tuned.values():
        assert own.losses == dict.fromkeys(RANKING_SEEDS, math.inf)


def test_report_trains_at_the_tuned_settings_on_fresh_seeds() -> None:
    """Once per seed, each rule at its own setting on each task."""
    settings = [
        {
            task: Setting(own.rate * n, own.constants)
            for n, (task, own) in enumerate(START.items(), 1)
        },
        {task: Setting(0.1 * n, ()) for n, task in enumerate(START, 1)},
    ]
    seeds = report_seeds(3)
    reported = train_at([ADAMW, SGD], settings, TASKS, seeds)
    assert [[(e.task, e.setting, e.seed, e.steps) for e in own] for own in reported] == [
        [(task, setting, seed, 16) for task, setting in mine.items() for seed in seeds]
        for mine in settings
    ]
    assert reported == [
        train_at([family], [mine], TASKS, seeds)[0]
        for family, mine in zip([ADAMW, SGD], settings, strict=True)
    ]


def test_report_at_the_rankings_seeds_is_the_same_training() -> None:
    """What a rule is reported with is what it was ranked with."""
    (tuned,) = tune_again([ADAMW], [START], TASKS, 40, ())
    settings = {task: own.best for task, own in tuned.items()}
    (again,) = train_at([ADAMW], [settings], TASKS, RANKING_SEEDS)
    for name, own in tuned.items():
        assert {e.seed: e.loss for e in again if e.task == name} == own.losses


def test_every_rule_is_told_where_to_train() -> None:
    """A finalist without a setting is a fault of the caller, and no training is made up for it."""
    with pytest.raises(KeyError, match="tiny_too"):
        train_at([SGD], [{"tiny": Setting(0.1, ())}], TASKS, [0])
