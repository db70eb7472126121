"""Scores of candidates: what the hurdle spares, and how a fitness comes from losses."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import mean, stdev

import pytest

from evosearch import known_rule, lower, parse
from evosearch.scoring import racing, tuner
from evosearch.scoring.curve import SLOWEST
from evosearch.scoring.evaluation import Entrant, Means, Result, evaluate
from evosearch.scoring.remeasurement import train_at
from evosearch.scoring.rounds import ROUNDS, fresh_seeds, tuning_seeds
from evosearch.scoring.setting import Setting
from evosearch.scoring.yardstick import (
    BUDGET,
    OWN_SEEDS,
    SEEDS,
    MeasuredTask,
    Yardstick,
    baseline,
    horizons,
    measure_point,
    measure_yardstick,
)
from evosearch.screening.family import Family
from proxies import TASKS, Task
from tests.support.tiny_task import TINY, TINY_TOO
from tests.support.yardsticks import point, straight

LION = Family(lower(known_rule("lion")))
ASCENDING = Family(lower(parse("def ascending(g):\n    return -g\n")))
MEANS = Means(budget=40, seeds=2, hurdle=0.0)
HIGH = replace(MEANS, hurdle=0.4)


def known(task: Task, top: float, slope: float = 0.5) -> MeasuredTask:
    """A task with a curve that is known, on which AdamW has another loss on every seed."""
    even = straight(top, slope, task.name, task.steps)
    own = point(task.steps, [top + 0.01 * (seed - OWN_SEEDS // 2) for seed in range(OWN_SEEDS)])
    points = tuple(own if p is even.own else p for p in even.points)
    return MeasuredTask(task, replace(even, points=points))


BOTH = [known(TINY, 1.0), known(TINY_TOO, 0.7)]


def entrant(family: Family, **values: object) -> Entrant:
    return replace(Entrant(family, ("some", 1)), **values)


def logs_by_hand(result: Result, yardstick: Yardstick) -> float:
    """The mean logarithm of the speed-up over AdamW on one task, from a result's own trainings."""
    tuned = result.tuned[yardstick.task]
    baseline_losses = yardstick.own.losses
    speedups = [
        yardstick.speedup(e.loss) / yardstick.speedup(baseline_losses[e.seed])
        for e in tuned.evaluations
        if e.setting == tuned.best and e.seed < OWN_SEEDS
    ]
    assert len(speedups) == len(tuned.losses) > 0
    return mean(math.log2(speedup) for speedup in speedups)


def test_every_entrant_may_spend_the_budget_on_each_task() -> None:
    """In trainings of the task's own length, whatever that is; on seeds of its round."""
    both = [BOTH[0], known(replace(TINY_TOO, steps=32), 1.0)]
    for budget in (30, 60):
        results = evaluate([entrant(LION), entrant(ASCENDING)], both, replace(MEANS, budget=budget))
        for task, _ in both:
            tuned = results[0].tuned[task.name]
            assert budget * task.steps / 2 < tuned.spent <= budget * task.steps
            # Trainings as short as these are never stopped on their way.
            assert tuned.spent == sum(e.steps for e in tuned.evaluations)
            assert {e.steps for e in tuned.evaluations} == {task.steps}
        assert results[0].spent == sum(tuned.spent for tuned in results[0].tuned.values())


def test_a_candidate_spends_no_more_in_all_rounds_than_adamw_does() -> None:
    """Round by round, on seeds of their own; more fresh ones in each."""
    spent = 0
    starts: dict[str, tuple[Setting, ...]] = {}
    for number in range(ROUNDS):
        one = entrant(LION, round=number, starts=starts)
        (result,) = evaluate([one], BOTH[:1], replace(MEANS, budget=BUDGET))
        tuned = result.tuned["tiny"]
        assert tuple(tuned.losses) == fresh_seeds(number, 2)
        assert {e.seed for e in tuned.evaluations} == {
            *tuning_seeds(number, 2),
            *fresh_seeds(number, 2),
        }
        assert not starts or tuned.evaluations[0].setting == starts["tiny"][0]
        starts = {"tiny": (tuned.best,)}
        spent += result.spent
    assert spent <= BUDGET * ROUNDS * TINY.steps


def test_fitness_is_the_mean_logarithm_over_tasks() -> None:
    """Tasks weigh alike, whatever the scale of their losses."""
    (result,) = evaluate([entrant(LION)], BOTH, MEANS)
    by_hand = [logs_by_hand(result, task.yardstick) for task in BOTH]
    assert by_hand[0] != by_hand[1]
    assert result.fitness == pytest.approx(sum(by_hand) / 2)
    assert result.cleared
    assert list(result.tuned) == ["tiny", "tiny_too"]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_fresh_seeds_are_paired_with_adamws_losses_on_them(number: int) -> None:
    """A loss on which AdamW is a quarter faster costs the seed's share, that of no other seed."""
    even = straight(1, 0.5, "tiny", 16, OWN_SEEDS)
    seeds = fresh_seeds(number, 2)

    def fitness(uneven: dict[int, float]) -> float:
        losses = [1.0 + uneven.get(seed, 0.0) for seed in range(OWN_SEEDS)]
        # The mean, and so the curve, stays: another seed makes up for it.
        points = [point(p.steps, losses) if p is even.own else p for p in even.points]
        yardstick = replace(even, points=tuple(points))
        (result,) = evaluate([entrant(LION, round=number)], [MeasuredTask(TINY, yardstick)], MEANS)
        assert result.fitness == pytest.approx(logs_by_hand(result, yardstick))
        return result.fitness

    others = [seed for seed in range(OWN_SEEDS) if seed not in seeds]
    plain = fitness({})
    # 0.25 is half a doubling.
    better = fitness({seeds[0]: -0.25, others[0]: 0.25})
    assert better - plain == pytest.approx(-0.5 / len(seeds), rel=1e-6)
    assert fitness({others[0]: -0.25, others[1]: 0.25}) == pytest.approx(plain)


def test_hurdle_stops_a_plainly_worse_candidate() -> None:
    """It is not trained on the second task, and its score is that of the first."""
    entrants = [entrant(baseline()), entrant(ASCENDING), entrant(LION)]
    good, bad, again = evaluate(entrants, BOTH, HIGH)
    assert good.cleared
    assert again.cleared
    assert not bad.cleared
    assert list(bad.tuned) == ["tiny"]
    assert bad.fitness < math.log2(0.4)
    assert list(good.tuned) == ["tiny", "tiny_too"]


def test_a_score_under_the_hurdle_stands_for_the_tasks_after_it() -> None:
    """Also that of a rule that was tuned to the end: it is not tried on the next task."""
    # On so steep a curve the first settings are near enough to the best not to be hopeless.
    both = [known(TINY, 0.0, 5.0), known(TINY_TOO, 0.0, 5.0)]
    (alone,) = evaluate([entrant(LION)], both[:1], MEANS)
    for share, tried in ((0.99, 2), (1.01, 1)):
        means = replace(MEANS, hurdle=share * 2**alone.fitness)
        (result,) = evaluate([entrant(LION)], both, means)
        assert result.tuned["tiny"] == alone.tuned["tiny"]
        assert not result.tuned["tiny"].given_up
        assert (len(result.tuned), result.cleared) == (tried, tried == 2)
        assert (result.fitness == alone.fitness) == (tried == 1)


def test_no_hurdle_stops_nobody() -> None:
    """At 0 every candidate is tried on every task."""
    (result,) = evaluate([entrant(ASCENDING)], BOTH, MEANS)
    assert list(result.tuned) == ["tiny", "tiny_too"]


def test_nobody_left_ends_the_evaluation() -> None:
    """Where the hurdle stops all, results are of the first task alone."""
    results = evaluate([entrant(ASCENDING)] * 2, BOTH, HIGH)
    assert [result.cleared for result in results] == [False, False]
    assert results[0] == results[1]
    assert list(results[0].tuned) == ["tiny"]


def test_hurdle_of_the_last_task_spares_nothing() -> None:
    """A candidate that was tuned to the end on every task has cleared, however it did on the
    last.
    """
    task = known(TINY, 0.0, 5.0)
    (plain,) = evaluate([entrant(LION)], [task], MEANS)
    hurdle = 1.01 * 2**plain.fitness
    assert evaluate([entrant(LION)], [task], replace(MEANS, hurdle=hurdle)) == [plain]
    assert plain.cleared


def test_a_hopeless_rule_is_given_up_after_its_first_settings() -> None:
    """Its score is of the seeds that settings are compared on, over AdamW's mean."""
    (bad,) = evaluate([entrant(ASCENDING)], BOTH, HIGH)
    tuned = bad.tuned["tiny"]
    assert tuned.given_up
    assert not tuned.halted
    assert tuned.losses == {}
    assert {e.seed for e in tuned.evaluations} == set(tuning_seeds(0, 2))
    yardstick = BOTH[0].yardstick
    loss = mean(e.loss for e in tuned.evaluations if e.setting == tuned.best)
    assert bad.fitness == pytest.approx(
        math.log2(yardstick.speedup(loss) / yardstick.speedup(yardstick.own.loss))
    )


def test_a_rule_that_comes_near_the_hurdle_is_tuned_further() -> None:
    """Within 0.8 of it after its first settings; after that it may be anything, and so may a rule
    that was good enough in a round before.
    """
    task = known(TINY, 0.0)
    (free,) = evaluate([entrant(LION)], [task], MEANS)
    first = free.tuned["tiny"].evaluations
    settings = list(dict.fromkeys(e.setting for e in first))[:8]
    best = min(sum(e.loss for e in first if e.setting == s and e.seed >= 100) for s in settings) / 2
    speedup = task.yardstick.speedup(best)
    for share, given_up in ((0.79, True), (0.81, False)):
        means = replace(MEANS, hurdle=speedup / share)
        (result,) = evaluate([entrant(LION)], [task], means)
        assert result.tuned["tiny"].given_up == given_up
    (later,) = evaluate([entrant(LION, round=1)], [task], replace(MEANS, hurdle=3.9))
    assert later.fitness < 0
    assert tuple(later.tuned["tiny"].losses) == fresh_seeds(1, 2)


def test_a_rule_that_diverges_has_the_lowest_score() -> None:
    """On every task, and is no error."""
    wild = {task.name: (Setting(1e30, ()),) for task, _ in BOTH}
    (result,) = evaluate([entrant(ASCENDING, starts=wild)], BOTH, MEANS)
    assert not result.cleared
    assert result.fitness == pytest.approx(math.log2(SLOWEST), abs=1e-6)


def test_result_does_not_depend_on_the_company() -> None:
    """Candidates of one block are scored, to the last bit, as each would be alone."""
    start = {"tiny": (Setting(0.2, (0.8, 0.98, 1e-8)),)}
    entrants = [
        entrant(LION),
        entrant(ASCENDING),
        entrant(baseline(), starts=start),
        entrant(LION, key=("another",)),
        entrant(LION, round=1),
    ]
    together = evaluate(entrants, BOTH, HIGH)
    assert together == [evaluate([one], BOTH, HIGH)[0] for one in entrants]
    assert evaluate([], BOTH, HIGH) == []
    first = [[e.setting for e in r.tuned["tiny"].evaluations[:16]] for r in together]
    assert first[0] != first[3]  # another key
    assert first[0] != first[4]  # another round


def test_a_rule_that_exceeds_a_rung_limit_has_the_lowest_score_and_is_no_finalist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also on the last task, where no hurdle follows; others are as without limits."""
    monkeypatch.setattr(racing, "FEWEST_STEPS", 4)
    easy, impossible = {"tiny_too": (99.0, 99.0)}, {"tiny_too": (0.0, 0.0)}
    reached, missed, too = evaluate(
        [
            entrant(LION, limits=easy),
            entrant(baseline(), limits=impossible),
            entrant(LION, limits=impossible),
        ],
        BOTH,
        MEANS,
    )
    assert [result.cleared for result in (reached, missed, too)] == [True, False, False]
    first_task = logs_by_hand(missed, BOTH[0].yardstick)
    assert missed.fitness == pytest.approx((first_task + math.log2(SLOWEST)) / 2)
    assert reached == evaluate([entrant(LION)], BOTH, MEANS)[0]
    assert missed.tuned["tiny_too"].halted
    assert missed.tuned["tiny_too"].evaluations == ()
    assert len(reached.tuned["tiny_too"].rungs) == 2
    assert len(missed.tuned["tiny_too"].rungs) == 1


def best_of(yardstick: Yardstick) -> Setting:
    return Setting(yardstick.own.rate, yardstick.own.constants)


def test_adamw_at_the_yardsticks_best_has_the_yardsticks_losses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the same seeds, to the last bit: it is trained as candidates and finalists are."""
    tasks = [MeasuredTask(task, measure_yardstick(task, 16)) for task in (TINY, TINY_TOO)]
    monkeypatch.setattr(tuner, "_FEWEST", 1)  # the start alone is tuned, at its neighbours' rates
    starts = {task.name: (best_of(yardstick),) for task, yardstick in tasks}
    (result,) = evaluate([entrant(baseline(), starts=starts)], tasks, Means(1, SEEDS, 0.0))
    for task, yardstick in tasks:
        losses = {
            e.seed: e.loss
            for e in result.tuned[task.name].evaluations
            if e.setting == best_of(yardstick) and e.seed < OWN_SEEDS
        }
        assert losses == dict(enumerate(yardstick.points[2].losses[:SEEDS]))
    settings = {task.name: best_of(yardstick) for task, yardstick in tasks}
    (finals,) = train_at([baseline()], [settings], tasks, range(OWN_SEEDS))
    for task, yardstick in tasks:
        own = {e.seed: e.loss for e in finals if e.task == task.name}
        assert own == yardstick.baseline_losses


def test_adamw_scores_near_one() -> None:
    """From its defaults, with the budget that the yardstick had, on a task of the package. Noise is
    that of the seeds, and the luck of each tuning, of which the yardstick is one.
    """
    task = replace(TASKS["logistic"], steps=40)
    points = tuple(measure_point(task, n, 96 if n == 40 else 32) for n in horizons(task))
    yardstick = Yardstick(task.name, 40, points, points[2], 96)
    before, here, after = (p.loss for p in points[1:4])
    assert before > here > after
    means = Means(96, 4, 0.0)
    entrants = [entrant(baseline(), key=(number,)) for number in range(4)]
    logs = [r.fitness for r in evaluate(entrants, [MeasuredTask(task, yardstick)], means)]
    seeds = yardstick.own.deviation * math.sqrt(2 / means.seeds) / ((before - after) / 2)
    luck = stdev(logs) * math.sqrt(1 + 1 / len(logs))
    error = math.hypot(seeds, luck)
    assert error < 0.25
    assert abs(mean(logs)) < 3 * error
