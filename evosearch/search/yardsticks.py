"""Sees to it that there are yardsticks: stored with a run, else cached, else measured now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from evosearch.errors import EvosearchError
from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.yardstick import (
    BUDGET,
    HORIZONS,
    MeasuredTask,
    Point,
    Yardstick,
    horizons,
    measure_default,
    measure_point,
)
from evosearch.scoring.yardstick_cache import find, save
from evosearch.scoring.yardstick_fault import yardstick_fault
from evosearch.search.observer import Observer
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Executor, Load, Pending
from proxies import Engine, Task


class RunTasks(NamedTuple):
    """Holds the tasks of a run with their yardsticks, by what they are for."""

    search: list[MeasuredTask]
    """Those by which rules are scored."""
    micro: list[MeasuredTask] = []  # noqa: RUF012  # never changed
    """Those of milliseconds, which decide who is worth a score."""
    select: list[MeasuredTask] = []  # noqa: RUF012
    """Those on which the best are measured again."""


def ensure_yardsticks(
    store: StoreWriter, executor: Executor, observer: Observer, folder: Path
) -> RunTasks:
    """Gives the run's tasks with their yardsticks, which are then in the store and in `folder`.

    AdamW gets as large a budget as a candidate in all of its rounds together, and never a small
    one: a search that tunes no constants spends little on each candidate, but has many. On `select`
    there is one round.

    Raises:
        EvosearchError: AdamW does not train on a task, so that nothing can be compared with it.
    """
    config = store.config
    one_round = max(config.budget, BUDGET)
    known = {yardstick.task: yardstick for yardstick in store.yardsticks(config.all_tasks)}
    pending: list[tuple[Task, int, list[Pending[Point]]]] = []
    for task in config.training_tasks:
        budget = one_round * (1 if task.name in config.select else ROUNDS)
        cached = None if task.name in known else find(folder, task, budget)
        if cached is not None:
            known[task.name] = _required(cached)
            store.add_yardstick(cached)
        if task.name not in known:
            # The longest first, so that workers end together; AdamW with its defaults last.
            points = [
                executor.submit(
                    *(measure_point, task, steps, budget, config.engine),
                    loads=[Load(task, steps * budget, config.device)],
                )
                for steps in reversed(horizons(task))
            ]
            own = [Load(task, task.steps * budget, config.device)]
            points.append(executor.submit(measure_default, task, budget, config.engine, loads=own))
            pending.append((task, budget, points))
    if pending:
        observer.phase("AdamW's yardstick", sum(len(points) for *_, points in pending))
    done = 0
    for task, budget, points in pending:
        measured = []
        for point in points:
            measured.append(point.result())
            observer.advance(done := done + 1, store)
        *longest_first, default = measured
        yardstick = Yardstick(
            task.name, task.steps, tuple(reversed(longest_first)), default, budget
        )
        known[task.name] = _required(yardstick)
        save(folder, task, yardstick)
        store.add_yardstick(yardstick)
    ready = {task.name: MeasuredTask(task, known[task.name]) for task in config.training_tasks}
    return RunTasks(
        *([ready[name] for name in own] for own in (config.tasks, config.micro, config.select))
    )


def find_or_measure(
    task: Task, folder: Path, engine: Engine, tell: Callable[[str], None]
) -> Yardstick:
    """Looks a task's yardstick up, or measures it in this process and keeps it in `folder`.

    Raises:
        EvosearchError: AdamW does not train on the task, so that nothing can be compared with it.
    """
    budget = BUDGET * ROUNDS
    known = find(folder, task, budget)
    if known is not None:
        return _required(known)
    points = []
    for number, steps in enumerate(horizons(task), start=1):
        tell(f"AdamW's yardstick on {task.name}: {number}/{len(HORIZONS) + 1}, {steps} steps")
        points.append(measure_point(task, steps, budget, engine))
    default = measure_default(task, budget, engine)
    yardstick = _required(Yardstick(task.name, task.steps, tuple(points), default, budget))
    save(folder, task, yardstick)
    return yardstick


def _required(yardstick: Yardstick) -> Yardstick:
    """Gives the yardstick back, if speed-ups can be read off it."""
    if fault := yardstick_fault(yardstick):
        raise EvosearchError(fault)
    return yardstick
