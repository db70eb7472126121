"""The final measurement: speed-ups paired by seed, with Student's interval."""

import math
from statistics import mean, stdev

import pytest

from evosearch import known_rule
from evosearch.scoring import remeasurement as finals
from evosearch.scoring.remeasurement import (
    RANKING_SEEDS,
    best_losses,
    best_rates,
    measure,
    report_seeds,
    train_at,
    tune,
)
from evosearch.scoring.sweep import Evaluation
from evosearch.scoring.yardstick import SEEDS, Point, Yardstick
from evosearch.scoring.yardstick import measure as measure_yardstick
from evosearch.screening.screen import screen
from tests.support.tiny_task import TINY, TINY_TOO

T_975 = {1: 12.706204736432095, 3: 3.182446305284263, 7: 2.364624251592785}
"""Student's t from printed tables: the 97.5% point by degrees of freedom."""

ADAMW = screen(known_rule("adamw")).contender
SGD = screen(known_rule("sgd")).contender


FIRST, SECOND = (
    Yardstick(
        name,
        100,
        tuple(
            Point(steps, 0.01, (3 - slope * math.log2(steps / 100),) * 4)
            for steps in (25, 50, 100, 200, 400)
        ),
    )
    for name, slope in (("first", 0.5), ("second", 0.1))
)


def losses_after(doublings: list[float], slope: float) -> dict[int, float]:
    """Seed to the loss that AdamW has after so many doublings of the task's steps."""
    return {2000 + n: 3 - slope * d for n, d in enumerate(doublings)}


@pytest.mark.parametrize("count", [2, 4, 8])
def test_interval_is_students(count: int) -> None:
    """Mean and standard error of the logarithms, times the tabulated t of n - 1."""
    logs = [0.31, 0.22, 0.4, 0.18, 0.35, 0.27, -0.05, 0.5][:count]
    still = losses_after([0.0] * count, 0.5)
    found = measure([FIRST], {"first": losses_after(logs, 0.5)}, {"first": still})
    reach = T_975[count - 1] * stdev(logs) / math.sqrt(count)
    assert math.log2(found.speedup) == pytest.approx(mean(logs), rel=1e-6)
    assert math.log2(found.low) == pytest.approx(mean(logs) - reach, rel=1e-6)
    assert math.log2(found.high) == pytest.approx(mean(logs) + reach, rel=1e-6)


def test_tasks_are_averaged_before_the_interval() -> None:
    """The interval is of the mean over tasks, seed by seed; each task's own speed-up is told."""
    first, second = [0.5, 0.1, 0.3, 0.2], [-0.3, 0.2, 0.1, 0.3]
    still = [0.0] * 4
    found = measure(
        [FIRST, SECOND],
        {"first": losses_after(first, 0.5), "second": losses_after(second, 0.1)},
        {"first": losses_after(still, 0.5), "second": losses_after(still, 0.1)},
    )
    per_seed = [(a + b) / 2 for a, b in zip(first, second, strict=True)]
    reach = T_975[3] * stdev(per_seed) / 2
    assert math.log2(found.speedup) == pytest.approx(mean(per_seed), rel=1e-6)
    assert math.log2(found.low) == pytest.approx(mean(per_seed) - reach, rel=1e-6)
    assert math.log2(found.high) == pytest.approx(mean(per_seed) + reach, rel=1e-6)
    assert found.per_task == pytest.approx(
        {"first": 2 ** mean(first), "second": 2 ** mean(second)}, rel=1e-6
    )


def test_pairing_removes_what_seeds_have_in_common() -> None:
    """A rule that needs 1/1.25 of AdamW's steps on every seed has no interval, however much the
    seeds differ.
    """
    luck = [0.5, -0.7, 1.1, 0.0]
    faster = [x + math.log2(1.25) for x in luck]
    found = measure(
        [FIRST], {"first": losses_after(faster, 0.5)}, {"first": losses_after(luck, 0.5)}
    )
    assert [found.speedup, found.low, found.high] == pytest.approx([1.25] * 3, rel=1e-6)


def test_baseline_against_itself_is_exactly_one() -> None:
    """A rule with AdamW's losses has speed-up 1 and an interval of no width."""
    losses = {"first": losses_after([0.5, -0.7, 1.1], 0.5)}
    found = measure([FIRST], losses, losses)
    assert (found.speedup, found.low, found.high) == (1.0, 1.0, 1.0)
    assert found.per_task == {"first": 1.0}


def test_diverged_rule_is_slow_and_not_an_error() -> None:
    """Infinite losses give the lowest speed-up."""
    still = losses_after([0.0] * 4, 0.5)
    found = measure([FIRST], {"first": dict.fromkeys(still, math.inf)}, {"first": still})
    assert found.speedup == pytest.approx(1 / 16, rel=1e-6)


def test_stages_use_seeds_of_their_own() -> None:
    """Search, ranking and report share no seed."""
    report = report_seeds(8)
    assert len(set(report)) == 8
    assert len({*range(SEEDS), *RANKING_SEEDS, *report}) == SEEDS + len(RANKING_SEEDS) + 8


def test_best_rates_and_losses_are_taken_per_task() -> None:
    """Each task has its own best rate, and only the losses at that rate count."""
    table = {
        ("first", 0.1): (1.0, 1.2),
        ("first", 0.2): (0.5, 2.0),
        ("second", 0.1): (7.0, 7.0),
        ("second", 0.2): (6.0, 6.5),
    }
    evaluations = [
        Evaluation(task, 100, seed, rate, losses[place])
        for (task, rate), losses in table.items()
        for place, seed in enumerate((1000, 1001))
    ]
    assert best_rates(evaluations) == {"first": 0.1, "second": 0.2}
    assert best_losses(evaluations) == {
        "first": {1000: 1.0, 1001: 1.2},
        "second": {1000: 6.0, 1001: 6.5},
    }


def test_report_trains_at_the_tuned_rates_on_fresh_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranking sweeps over rates with its seeds; the report trains once per seed, at the best."""
    monkeypatch.setattr(finals, "TASKS", {task.name: task for task in (TINY, TINY_TOO)})
    yardsticks = [measure_yardstick(task) for task in (TINY, TINY_TOO)]
    tuned, other = tune([ADAMW, SGD], yardsticks)
    assert [tuned, other] == [tune([one], yardsticks)[0] for one in (ADAMW, SGD)]
    assert {e.seed for e in tuned} == set(RANKING_SEEDS)
    assert {e.task for e in tuned} == {"tiny", "tiny_too"}
    rates = best_rates(tuned)
    seeds = report_seeds(3)
    reported, beside = train_at([ADAMW, SGD], [rates, best_rates(other)], yardsticks, seeds)
    assert [e.rate for e in beside] == [
        best_rates(other)[task] for task in ("tiny", "tiny_too") for _ in seeds
    ]
    runs = [(e.task, e.rate, e.seed, e.steps) for e in reported]
    assert runs == [
        (task, rates[task], seed, 16) for task in ("tiny", "tiny_too") for seed in seeds
    ]
    # At the ranking's own seeds it is the same training.
    again = best_losses(train_at([ADAMW], [rates], yardsticks, RANKING_SEEDS)[0])
    assert again == best_losses(tuned)
