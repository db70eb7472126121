"""Scores of candidates: what the hurdle spares, and how a fitness comes from losses."""

import math

import pytest

from evosearch import known_rule, parse
from evosearch.scoring import racing
from evosearch.scoring.evaluation import Result, evaluate
from evosearch.scoring.sweep import Sweep
from evosearch.scoring.yardstick import (
    SEEDS,
    SLOWEST,
    MeasuredTask,
    Yardstick,
    measure_yardstick,
)
from evosearch.screening.contender import Contender
from evosearch.screening.screen import screen
from tests.support.tiny_task import TINY, TINY_TOO

ADAMW = screen(known_rule("adamw")).contender
LION = screen(known_rule("lion")).contender
ASCENDING = Contender(screen(parse("def ascending(g):\n    return -g\n")).contender.plan, 1.0)


@pytest.fixture(scope="module")
def tasks() -> list[MeasuredTask]:
    return [MeasuredTask(task, measure_yardstick(task)) for task in (TINY, TINY_TOO)]


def logs_by_hand(result: Result, yardstick: Yardstick) -> float:
    """The mean logarithm of the speed-up over AdamW on one task, from a result's own losses."""
    swept = Sweep(tuple(e for e in result.evaluations if e.task == yardstick.task))
    speedups = [
        yardstick.speedup(loss) / yardstick.speedup(yardstick.baseline_losses[seed])
        for seed, loss in swept.best_losses().items()
    ]
    return sum(math.log2(speedup) for speedup in speedups) / len(speedups)


def test_adamw_scores_zero_against_its_own_yardstick(tasks: list[MeasuredTask]) -> None:
    """With the yardstick's seeds AdamW is tuned to the same losses, a speed-up of exactly 1."""
    (result,) = evaluate([ADAMW], tasks, [range(SEEDS)], hurdle=0.9)
    assert result.fitness == 0.0
    assert result.cleared


def test_fitness_is_the_mean_logarithm_over_tasks(tasks: list[MeasuredTask]) -> None:
    """Tasks weigh alike, whatever the scale of their losses."""
    (result,) = evaluate([LION], tasks, [[0, 1]], hurdle=0.0)
    by_hand = [logs_by_hand(result, task.yardstick) for task in tasks]
    assert by_hand[0] != by_hand[1]
    assert result.fitness == pytest.approx(sum(by_hand) / 2)
    assert {(e.task, e.seed) for e in result.evaluations} == {
        (name, seed) for name in ("tiny", "tiny_too") for seed in (0, 1)
    }


def test_hurdle_stops_a_plainly_worse_candidate(tasks: list[MeasuredTask]) -> None:
    """It is not trained on the second task, and its score is that of the first."""
    good, bad, again = evaluate([ADAMW, ASCENDING, LION], tasks, [[0, 1]] * 3, hurdle=0.4)
    assert good.cleared
    assert again.cleared
    assert not bad.cleared
    assert {e.task for e in bad.evaluations} == {"tiny"}
    assert bad.fitness == pytest.approx(logs_by_hand(bad, tasks[0].yardstick))
    assert bad.fitness < math.log2(0.4)
    assert {e.task for e in good.evaluations} == {"tiny", "tiny_too"}


def test_no_hurdle_stops_nobody(tasks: list[MeasuredTask]) -> None:
    """At 0 every candidate is trained on every task."""
    (result,) = evaluate([ASCENDING], tasks, [[0]], hurdle=0.0)
    assert result.cleared
    assert {e.task for e in result.evaluations} == {"tiny", "tiny_too"}


def test_nobody_left_ends_the_evaluation(tasks: list[MeasuredTask]) -> None:
    """Where the hurdle stops all, results are of the first task alone."""
    results = evaluate([ASCENDING, ASCENDING], tasks, [[0], [0]], hurdle=0.4)
    assert [result.cleared for result in results] == [False, False]
    assert results[0] == results[1]


def test_hurdle_of_the_last_task_spares_nothing(tasks: list[MeasuredTask]) -> None:
    """A candidate that was tried on every task has cleared, however it did on the last."""
    (result,) = evaluate([ASCENDING], tasks[:1], [[0]], hurdle=0.4)
    assert result.cleared


def test_result_does_not_depend_on_the_company(tasks: list[MeasuredTask]) -> None:
    """Candidates of one block are scored, to the last bit, as each would be alone."""
    contenders = [LION, ASCENDING, ADAMW]
    together = evaluate(contenders, tasks, [[0, 1]] * len(contenders), hurdle=0.4)
    assert together == [evaluate([c], tasks, [[0, 1]], hurdle=0.4)[0] for c in contenders]
    assert evaluate([], tasks, [], hurdle=0.4) == []


def test_a_rule_that_exceeds_a_rung_limit_has_the_lowest_score_and_is_no_finalist(
    tasks: list[MeasuredTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on the last task, where no hurdle follows; others are as without limits."""
    monkeypatch.setattr(racing, "FEWEST_STEPS", 4)
    easy, impossible = {"tiny_too": (99.0, 99.0)}, {"tiny_too": (0.0, 0.0)}
    reached, missed, too = evaluate(
        [LION, ADAMW, LION], tasks, [[0, 1]] * 3, 0.0, [easy, impossible, impossible]
    )
    first_task = logs_by_hand(missed, tasks[0].yardstick)
    assert [result.cleared for result in (reached, missed, too)] == [True, False, False]
    assert missed.fitness == pytest.approx((first_task + math.log2(SLOWEST)) / 2)
    assert reached == evaluate([LION], tasks, [[0, 1]], 0.0)[0]
    assert {e.task for e in missed.evaluations} == {"tiny"}
    assert len(reached.rungs["tiny_too"]) == 2
    assert len(missed.rungs["tiny_too"]) == 1
