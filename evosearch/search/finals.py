"""Measures the best structures of a search in its end, in two stages.

First those that were not yet are tuned once more, on the tasks of the search and on those of
`select` (`evosearch.search.checks`). All that were measured so, then or earlier, are put in the
order of their speed-ups on `select`, or on the search's tasks where there are no others. The first
few are then trained on fresh seeds, at the settings that came out best, for the report. The
baseline goes through all of it like everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from evosearch.scoring.remeasurement import never_trained, report_seeds, train_at
from evosearch.scoring.statistics import Measurement, measure_speedup
from evosearch.scoring.trainings import Evaluation
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.search.checks import Checks, Losses, families_of, groups_of
from evosearch.search.group_work import GroupWork, settled
from evosearch.search.observer import Observer
from evosearch.search.schema import (
    BASELINE_ID,
    RANKING,
    REPORT,
    SELECT,
    SELECT_REPORT,
)
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Executor, Load, Pending
from evosearch.search.yardsticks import RunTasks


def run_finals(
    store: StoreWriter, executor: Executor, observer: Observer, tasks: RunTasks, checks: Checks
) -> None:
    """Carries out the stages that the store does not have yet, none where nothing was cleared."""
    if store.finalists(REPORT):
        return
    finalists = store.config.finalists
    best = [one for one in store.trained() if one.cleared][:finalists]
    counts = store.counts()
    tuned = counts["trained"] + counts["retuned"]
    checks.add([(one.id, one.fitness or 0.0) for one in best], None, tuned)
    if checks.pieces:
        observer.phase("finals: ranking", checks.pieces)
        checks.finish(observer)
    ranked = [number for number, _ in store.finalists(RANKING)]
    if ranked:
        chosen = ranked[: (min(finalists, len(ranked)) + 1) // 2]
        _report(store, executor, observer, tasks, chosen)


def _report(
    store: StoreWriter,
    executor: Executor,
    observer: Observer,
    tasks: RunTasks,
    numbers: Sequence[int],
) -> None:
    config = store.config
    stages = [
        (after, before, some)
        for after, before, some in (
            (REPORT, RANKING, tasks.search),
            (SELECT_REPORT, SELECT, tasks.select),
        )
        if some
    ]
    seeds = report_seeds(config.fresh_seeds)

    def begun(
        before: str, some: Sequence[MeasuredTask], group: Sequence[int]
    ) -> Pending[list[list[Evaluation]]]:
        return executor.submit(
            train_at,
            families_of(store, group),
            [store.settings(number, before) for number in group],
            some,
            seeds,
            config.engine,
            loads=[
                Load(task, len(group) * config.fresh_seeds * yardstick.steps, config.device)
                for task, yardstick in some
            ],
        )

    def never(before: str, some: Sequence[MeasuredTask], number: int) -> list[Evaluation]:
        return never_trained(store.settings(number, before), some, seeds)

    work = [
        (after, before, some, GroupWork(group, partial(begun, before, some)))
        for after, before, some in stages
        for group in groups_of((BASELINE_ID, *numbers))
    ]
    observer.phase("finals: report", len(work))
    evaluations: dict[str, dict[int, list[Evaluation]]] = {after: {} for after, _, _ in stages}
    for done, (after, before, some, together) in enumerate(work, start=1):
        evaluations[after] |= zip(
            together.members,
            settled(together, int, partial(never, before, some), f" in the {after}"),
            strict=True,
        )
        observer.advance(done, store)
    with store.transaction():
        # In the order of the ranking: the first is then not the luckiest of those reported.
        for after, _, some in stages:
            own = evaluations[after]
            store.add_stage(after, _measured(some, own), {}, own)


def _measured(
    tasks: Sequence[MeasuredTask], evaluations: Mapping[int, Sequence[Evaluation]]
) -> list[tuple[int, Measurement]]:
    """Measures everybody's speed-up over the baseline, in the order of `evaluations`."""
    losses = {number: _by_task(own) for number, own in evaluations.items()}
    return [
        (
            number,
            measure_speedup([task.yardstick for task in tasks], own, losses[BASELINE_ID]),
        )
        for number, own in losses.items()
        if number != BASELINE_ID
    ]


def _by_task(evaluations: Sequence[Evaluation]) -> Losses:
    losses: dict[str, dict[int, float]] = {}
    for one in evaluations:
        losses.setdefault(one.task, {})[one.seed] = one.loss
    return losses
