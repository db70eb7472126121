"""Sees to it that a run has its yardsticks: stored with it, else cached, else measured now."""

from __future__ import annotations

from pathlib import Path

from evosearch.scoring.yardstick import (
    HORIZONS,
    MeasuredTask,
    Point,
    Yardstick,
    horizons,
    measure_point,
)
from evosearch.scoring.yardstick_cache import cache_path, load, save
from evosearch.search.observer import Observer
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Executor, Pending
from proxies import Task


def ensure_yardsticks(
    store: StoreWriter, executor: Executor, observer: Observer, folder: Path
) -> list[MeasuredTask]:
    """Gives the run's tasks with their yardsticks, which are then in the store and in `folder`."""
    known = {yardstick.task: yardstick for yardstick in store.yardsticks()}
    tasks = store.config.training_tasks
    pending: list[tuple[Task, Pending[Point]]] = []
    for task in tasks:
        cached = None if task.name in known else load(cache_path(folder, task))
        if cached is not None:
            known[task.name] = cached
            store.add_yardstick(cached)
        if task.name not in known:
            # The longest first, so that workers end together.
            for steps in reversed(horizons(task)):
                point = executor.submit(measure_point, task, steps, store.config.engine)
                pending.append((task, point))
    if pending:
        observer.phase("AdamW's yardstick", len(pending))
    points: dict[str, list[Point]] = {}
    for done, (task, point) in enumerate(pending, start=1):
        measured = points.setdefault(task.name, [])
        measured.append(point.result())
        if len(measured) == len(HORIZONS):
            yardstick = Yardstick(task.name, task.steps, tuple(reversed(measured)))
            known[task.name] = yardstick
            save(cache_path(folder, task), yardstick)
            store.add_yardstick(yardstick)
        observer.advance(done, store)
    return [MeasuredTask(task, known[task.name]) for task in tasks]
