"""The search: breed, train, commit, and in the end measure the best again."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Protocol

from evosearch.errors import EvosearchError
from evosearch.language.parser import parse
from evosearch.scoring import yardstick as yardsticks_module
from evosearch.scoring.evaluation import Result, evaluate
from evosearch.scoring.remeasurement import (
    best_losses,
    best_rates,
    measure,
    report_seeds,
    train_at,
    tune,
)
from evosearch.scoring.sweep import Evaluation
from evosearch.scoring.yardstick import MeasuredTask, Yardstick, baseline
from evosearch.screening.contender import Contender
from evosearch.screening.screen import screen
from evosearch.search.config import SearchConfig
from evosearch.search.evolution import TRAINED, Candidate, Evolution
from evosearch.search.store import BASELINE_ID, RANKING, REPORT, Store
from evosearch.search.work import Executor, Pending
from proxies.training.gradients import gradients

_TRAINED_TOGETHER = 3
"""Finalists in one piece of work: enough to fill a cohort, few enough to share out."""


class Observer(Protocol):
    """Is told how a search goes; never changes it."""

    def stage(self, name: str, total: int) -> None:
        """A stage of `total` units of work begins."""

    def advance(self, done: int, store: Store) -> None:
        """`done` units of the stage are finished."""


def search(store: Store, executor: Executor, observer: Observer, yardstick_folder: Path) -> None:
    """Runs, or goes on with, the search whose configuration is in `store`."""
    compile_models(store.config, observer, store)
    tasks = ensure_yardsticks(store, executor, observer, yardstick_folder)
    evolve(store, executor, observer, tasks)
    run_finals(store, executor, observer, tasks)
    store.finish()


def compile_models(config: SearchConfig, observer: Observer, store: Store) -> None:
    """Compiles each task's step in this process, which leaves it on disk for the workers."""
    if not config.compile:
        return
    observer.stage("compiling models", len(config.tasks))
    for done, task in enumerate(config.training_tasks, start=1):
        gradients(task, config.engine)
        observer.advance(done, store)


def evolve(
    store: Store, executor: Executor, observer: Observer, tasks: Sequence[MeasuredTask]
) -> None:
    """Regularized evolution, as in the Lion paper (arXiv 2302.06675), in a pipeline of blocks.

    The parents of block b come from the population as of block b - lag, whatever the number of
    workers. Blocks that the store has already are bred again, which is cheap and checks that the
    search is the one that was begun, but not trained again.
    """
    config = store.config
    evolution = Evolution(config, parse(store.start, table=config.additions.table))
    stored = store.blocks()
    flying: deque[tuple[list[Candidate], Pending[list[Result]] | None]] = deque()
    wanted, landed = config.evaluations, 0
    observer.stage("search", wanted)
    for number in count():
        block = evolution.breed(number, min(config.block, wanted))
        chosen = [c.contender for c in block if c.contender is not None]
        # A block of duplicates only means that nothing new is within reach.
        wanted = wanted - len(chosen) if chosen else 0
        if number < stored:
            flying.append((block, None))
        elif block:
            seeds = [c.seeds for c in block if c.contender is not None]
            hurdles = evolution.hurdles()
            given = [hurdles if c.outcome == TRAINED else {} for c in block if c.seeds]
            work = executor.submit(
                evaluate, chosen, tasks, seeds, config.hurdle, given, config.engine
            )
            flying.append((block, work))
        if not flying:
            return
        if len(flying) == config.lag or not wanted:
            landed += _land(store, evolution, *flying.popleft())
            observer.advance(landed, store)


def _land(
    store: Store,
    evolution: Evolution,
    block: list[Candidate],
    work: Pending[list[Result]] | None,
) -> int:
    """Commits a block; the number of candidates trained in it."""
    trained = [candidate.id for candidate in block if candidate.contender is not None]
    if work is None:
        _check_same(store, block)
        evolution.commit(block, store.results(block[0].block))
    else:
        results = dict(zip(trained, work.result(), strict=True))
        store.add_block(block, results, evolution.commit(block, results))
    return len(trained)


def _check_same(store: Store, block: Sequence[Candidate]) -> None:
    """
    Raises:
        EvosearchError: the candidates bred are not those that were stored.
    """
    stored = [(r.id, r.digest) for r in store.candidates(f"block = {block[0].block}")]
    if stored != [(candidate.id, candidate.facts.digest) for candidate in block]:
        raise EvosearchError(
            f"{store.folder}: block {block[0].block} cannot be bred again as it was stored; "
            "resume with the version of evosearch and its libraries that began the run"
        )


def ensure_yardsticks(
    store: Store, executor: Executor, observer: Observer, folder: Path
) -> list[MeasuredTask]:
    """The yardsticks of the run's tasks: stored with the run, else cached, else measured now."""
    known = {yardstick.task: yardstick for yardstick in store.yardsticks()}
    pending = []
    tasks = {task.name: task for task in store.config.training_tasks}
    for name, task in tasks.items():
        cached = yardsticks_module.load(yardsticks_module.cache_path(folder, task))
        if name not in known and cached is not None:
            known[name] = cached
            store.add_yardstick(cached)
        if name not in known:
            # The longest first, so that workers end together.
            for steps in reversed(yardsticks_module.horizons(task)):
                point = executor.submit(
                    yardsticks_module.measure_point, task, steps, store.config.engine
                )
                pending.append((name, point))
    if pending:
        observer.stage("AdamW's yardstick", len(pending))
    points: dict[str, list[yardsticks_module.Point]] = {}
    for done, (name, point) in enumerate(pending, start=1):
        measured = points.setdefault(name, [])
        measured.append(point.result())
        task = tasks[name]
        if len(measured) == len(yardsticks_module.HORIZONS):
            known[name] = Yardstick(name, task.steps, tuple(reversed(measured)))
            yardsticks_module.save(yardsticks_module.cache_path(folder, task), known[name])
            store.add_yardstick(known[name])
        observer.advance(done, store)
    return [MeasuredTask(task, known[name]) for name, task in tasks.items()]


def run_finals(
    store: Store, executor: Executor, observer: Observer, tasks: Sequence[MeasuredTask]
) -> None:
    """Measures the best candidates again; see `evosearch.scoring.remeasurement`."""
    config = store.config
    cleared = [row.id for row in store.trained() if row.cleared][: config.finalists]
    if not store.finalists(RANKING):
        observer.stage("finals: ranking", len(cleared) + 1)
        ranking = {
            group: executor.submit(tune, _contenders(store, group), tasks, config.engine)
            for group in _groups(cleared)
        }
        _finish_stage(store, observer, RANKING, tasks, ranking)
    ranked = [number for number, _ in store.finalists(RANKING)]
    chosen = ranked[: (len(ranked) + 1) // 2]
    if not store.finalists(REPORT):
        observer.stage("finals: report", len(chosen) + 1)
        seeds = report_seeds(config.fresh_seeds)
        report = {}
        for group in _groups(chosen):
            rates = [best_rates(store.evaluations(number, RANKING)) for number in group]
            report[group] = executor.submit(
                train_at, _contenders(store, group), rates, tasks, seeds, config.engine
            )
        _finish_stage(store, observer, REPORT, tasks, report)


def _groups(numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """The baseline and the candidates, in groups that are trained together."""
    everyone = (BASELINE_ID, *numbers)
    return [
        everyone[start : start + _TRAINED_TOGETHER]
        for start in range(0, len(everyone), _TRAINED_TOGETHER)
    ]


def _contenders(store: Store, numbers: Sequence[int]) -> list[Contender]:
    return [
        baseline()
        if number == BASELINE_ID
        else screen(
            parse(store.candidate(number).text, table=store.config.additions.table)
        ).contender
        for number in numbers
    ]


def _finish_stage(
    store: Store,
    observer: Observer,
    stage: str,
    tasks: Sequence[MeasuredTask],
    work: Mapping[tuple[int, ...], Pending[list[list[Evaluation]]]],
) -> None:
    evaluations: dict[int, list[Evaluation]] = {}
    for group, pending in work.items():
        evaluations |= zip(group, pending.result(), strict=True)
        observer.advance(len(evaluations), store)
    losses = {number: best_losses(found) for number, found in evaluations.items()}
    measured = [
        (number, measure([task.yardstick for task in tasks], found, losses[BASELINE_ID]))
        for number, found in losses.items()
        if number != BASELINE_ID
    ]
    measured.sort(key=lambda pair: -pair[1].speedup)
    store.add_stage(stage, measured, evaluations)
