"""The trainings of the finals: their seeds, and the rates that the ranking gives the report."""

from evosearch import known_rule
from evosearch.scoring.remeasurement import (
    RANKING_SEEDS,
    best_losses,
    best_rates,
    report_seeds,
    train_at,
    tune,
)
from evosearch.scoring.sweep import Evaluation
from evosearch.scoring.yardstick import SEEDS, MeasuredTask, measure_yardstick
from evosearch.screening.screen import screen
from tests.support.tiny_task import TINY, TINY_TOO

ADAMW = screen(known_rule("adamw")).contender
SGD = screen(known_rule("sgd")).contender


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


def test_report_trains_at_the_tuned_rates_on_fresh_seeds() -> None:
    """Ranking sweeps over rates with its seeds; the report trains once per seed, at the best."""
    tasks = [MeasuredTask(task, measure_yardstick(task)) for task in (TINY, TINY_TOO)]
    tuned, other = tune([ADAMW, SGD], tasks)
    assert [tuned, other] == [tune([one], tasks)[0] for one in (ADAMW, SGD)]
    assert {e.seed for e in tuned} == set(RANKING_SEEDS)
    assert {e.task for e in tuned} == {"tiny", "tiny_too"}
    rates = best_rates(tuned)
    seeds = report_seeds(3)
    reported, beside = train_at([ADAMW, SGD], [rates, best_rates(other)], tasks, seeds)
    assert [e.rate for e in beside] == [
        best_rates(other)[task] for task in ("tiny", "tiny_too") for _ in seeds
    ]
    runs = [(e.task, e.rate, e.seed, e.steps) for e in reported]
    assert runs == [
        (task, rates[task], seed, 16) for task in ("tiny", "tiny_too") for seed in seeds
    ]
    # At the ranking's own seeds it is the same training.
    again = best_losses(train_at([ADAMW], [rates], tasks, RANKING_SEEDS)[0])
    assert again == best_losses(tuned)
