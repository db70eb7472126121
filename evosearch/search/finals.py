"""Trains the best structures of a search again, in two stages: the finals.

In the ranking, all finalists are tuned once more, from their best settings, on seeds of their own;
the better half of them goes on to the report, which is trained on fresh seeds. The baseline goes
through both like everybody. See `evosearch.scoring.remeasurement`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from evosearch.language.parser import parse
from evosearch.scoring.remeasurement import report_seeds, train_at, tune_again
from evosearch.scoring.setting import Setting
from evosearch.scoring.statistics import Measurement, measure_speedup
from evosearch.scoring.trainings import Evaluation
from evosearch.scoring.tuner import Tuned
from evosearch.scoring.yardstick import BUDGET, MeasuredTask, baseline
from evosearch.screening.family import Family
from evosearch.search.config import SearchConfig
from evosearch.search.genotype import family_of
from evosearch.search.observer import Observer
from evosearch.search.schema import BASELINE_ID, RANKING, REPORT
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Executor, Load, Pending

_TRAINED_TOGETHER = 3
"""Finalists in one piece of work: enough to fill a cohort, few enough to share out."""
Losses = Mapping[str, Mapping[int, float]]
"""A rule's losses by task and seed."""
T = TypeVar("T")


def run_finals(
    store: StoreWriter, executor: Executor, observer: Observer, tasks: Sequence[MeasuredTask]
) -> None:
    """Carries out the stages that the store does not have yet, none where nothing was cleared."""
    cleared = [one.id for one in store.trained() if one.cleared][: store.config.finalists]
    if not cleared:
        return
    if not store.finalists(RANKING):
        _rank(store, executor, observer, tasks, cleared)
    ranked = [number for number, _ in store.finalists(RANKING)]
    chosen = ranked[: (len(ranked) + 1) // 2]
    if not store.finalists(REPORT):
        _report(store, executor, observer, tasks, chosen)


def _rank(
    store: StoreWriter,
    executor: Executor,
    observer: Observer,
    tasks: Sequence[MeasuredTask],
    numbers: Sequence[int],
) -> None:
    config = store.config
    observer.phase("finals: ranking", len(numbers) + 1)
    known = {number: store.best_settings(number) for number in numbers}
    known[BASELINE_ID] = {
        task.name: Setting(yardstick.own.rate, yardstick.own.constants) for task, yardstick in tasks
    }
    work = {
        group: executor.submit(
            tune_again,
            _families(store, group),
            [known[number] for number in group],
            tasks,
            max(config.budget, BUDGET),
            (config.seed,),
            config.engine,
            loads=_loads(config, tasks, len(group) * max(config.budget, BUDGET)),
        )
        for group in _groups(numbers)
    }
    tuned: dict[int, dict[str, Tuned]] = _collected(work, store, observer)
    losses = {
        number: {task: one.losses for task, one in own.items()} for number, own in tuned.items()
    }
    best_first = sorted(_measured(tasks, losses), key=lambda pair: -pair[1].speedup)
    store.add_stage(RANKING, best_first, tuned, {})


def _report(
    store: StoreWriter,
    executor: Executor,
    observer: Observer,
    tasks: Sequence[MeasuredTask],
    numbers: Sequence[int],
) -> None:
    config = store.config
    observer.phase("finals: report", len(numbers) + 1)
    work = {
        group: executor.submit(
            train_at,
            _families(store, group),
            [store.settings(number, RANKING) for number in group],
            tasks,
            report_seeds(config.fresh_seeds),
            config.engine,
            loads=_loads(config, tasks, len(group) * config.fresh_seeds),
        )
        for group in _groups(numbers)
    }
    evaluations: dict[int, list[Evaluation]] = _collected(work, store, observer)
    losses = {number: _by_task(own) for number, own in evaluations.items()}
    # In the order of the ranking: the first is then not the luckiest of those reported.
    store.add_stage(REPORT, _measured(tasks, losses), {}, evaluations)


def _groups(numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """Divides the baseline and the candidates into groups that are trained together."""
    everyone = (BASELINE_ID, *numbers)
    return [
        everyone[start : start + _TRAINED_TOGETHER]
        for start in range(0, len(everyone), _TRAINED_TOGETHER)
    ]


def _loads(config: SearchConfig, tasks: Sequence[MeasuredTask], trainings: int) -> list[Load]:
    """Says what work is that takes so many trainings on each task."""
    return [Load(task, trainings * yardstick.steps, config.device) for task, yardstick in tasks]


def _families(store: StoreReader, numbers: Sequence[int]) -> list[Family]:
    config = store.config
    return [
        baseline()
        if number == BASELINE_ID
        else family_of(
            parse(store.candidate(number).text, table=config.additions.table),
            config.tunes_constants,
        )
        for number in numbers
    ]


def _collected(
    work: Mapping[tuple[int, ...], Pending[list[T]]], store: StoreWriter, observer: Observer
) -> dict[int, T]:
    """Waits for each group's results; gives them by candidate."""
    results: dict[int, T] = {}
    for group, pending in work.items():
        results |= zip(group, pending.result(), strict=True)
        observer.advance(len(results), store)
    return results


def _measured(
    tasks: Sequence[MeasuredTask], losses: Mapping[int, Losses]
) -> list[tuple[int, Measurement]]:
    """Measures everybody's speed-up over the baseline, in the order of `losses`."""
    yardsticks = [task.yardstick for task in tasks]
    return [
        (number, measure_speedup(yardsticks, own, losses[BASELINE_ID]))
        for number, own in losses.items()
        if number != BASELINE_ID
    ]


def _by_task(evaluations: Sequence[Evaluation]) -> Losses:
    losses: dict[str, dict[int, float]] = {}
    for one in evaluations:
        losses.setdefault(one.task, {})[one.seed] = one.loss
    return losses
