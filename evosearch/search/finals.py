"""Trains the best candidates of a search again, in two stages: the finals.

In the ranking, all finalists are tuned anew on seeds of their own; the better half of them goes on
to the report, which is trained on fresh seeds. See `evosearch.scoring.remeasurement`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evosearch.language.parser import parse
from evosearch.scoring.remeasurement import (
    best_losses,
    best_rates,
    report_seeds,
    train_at,
    tune,
)
from evosearch.scoring.statistics import measure_speedup
from evosearch.scoring.sweep import Evaluation
from evosearch.scoring.yardstick import MeasuredTask, baseline
from evosearch.screening.contender import Contender
from evosearch.screening.screen import screen
from evosearch.search.observer import Observer
from evosearch.search.schema import BASELINE_ID, RANKING, REPORT
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Executor, Pending

_TRAINED_TOGETHER = 3
"""Finalists in one piece of work: enough to fill a cohort, few enough to share out."""


def run_finals(
    store: StoreWriter, executor: Executor, observer: Observer, tasks: Sequence[MeasuredTask]
) -> None:
    """Carries out the stages that the store does not have yet."""
    config = store.config
    cleared = [one.id for one in store.trained() if one.cleared][: config.finalists]
    if not store.finalists(RANKING):
        observer.phase("finals: ranking", len(cleared) + 1)
        ranking = {
            group: executor.submit(tune, _contenders(store, group), tasks, config.engine)
            for group in _groups(cleared)
        }
        _finish_stage(store, observer, RANKING, tasks, ranking)
    ranked = [number for number, _ in store.finalists(RANKING)]
    chosen = ranked[: (len(ranked) + 1) // 2]
    if not store.finalists(REPORT):
        observer.phase("finals: report", len(chosen) + 1)
        seeds = report_seeds(config.fresh_seeds)
        report = {}
        for group in _groups(chosen):
            rates = [best_rates(store.evaluations(number, RANKING)) for number in group]
            report[group] = executor.submit(
                train_at, _contenders(store, group), rates, tasks, seeds, config.engine
            )
        _finish_stage(store, observer, REPORT, tasks, report)


def _groups(numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """Divides the baseline and the candidates into groups that are trained together."""
    everyone = (BASELINE_ID, *numbers)
    return [
        everyone[start : start + _TRAINED_TOGETHER]
        for start in range(0, len(everyone), _TRAINED_TOGETHER)
    ]


def _contenders(store: StoreReader, numbers: Sequence[int]) -> list[Contender]:
    table = store.config.additions.table
    return [
        baseline()
        if number == BASELINE_ID
        else screen(parse(store.candidate(number).text, table=table)).contender
        for number in numbers
    ]


def _finish_stage(
    store: StoreWriter,
    observer: Observer,
    stage: str,
    tasks: Sequence[MeasuredTask],
    work: Mapping[tuple[int, ...], Pending[list[list[Evaluation]]]],
) -> None:
    """Waits for the trainings of each group and stores them with everybody's speed-up."""
    evaluations: dict[int, list[Evaluation]] = {}
    for group, pending in work.items():
        evaluations |= zip(group, pending.result(), strict=True)
        observer.advance(len(evaluations), store)
    losses = {number: best_losses(own) for number, own in evaluations.items()}
    yardsticks = [task.yardstick for task in tasks]
    measured = [
        (number, measure_speedup(yardsticks, own, losses[BASELINE_ID]))
        for number, own in losses.items()
        if number != BASELINE_ID
    ]
    measured.sort(key=lambda pair: -pair[1].speedup)
    store.add_stage(stage, measured, evaluations)
