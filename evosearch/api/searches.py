"""Searches from Python: begins a run, goes on with it, and gives it as an object."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from evosearch.api.crew import Crew, new_run
from evosearch.api.given import (
    GivenOperation,
    GivenRule,
    GivenTask,
    as_text,
    with_operations,
    with_tasks,
)
from evosearch.api.runs import Run
from evosearch.errors import EvosearchError
from evosearch.progress.display import ProgressDisplay
from evosearch.reports.references import open_run_to_resume, run_folder
from evosearch.search.config_values import make_config
from evosearch.search.observer import Observer, Several
from evosearch.search.presets import PRESETS
from evosearch.search.store_writer import StoreWriter

_OF_TASKS = ("tasks", "micro", "select")


def search(
    start: GivenRule | Sequence[GivenRule] = "adamw",
    tasks: Sequence[GivenTask] | GivenTask | None = None,
    *,
    micro: Sequence[GivenTask] | GivenTask | None = None,
    select: Sequence[GivenTask] | GivenTask | None = None,
    operations: Sequence[GivenOperation] = (),
    preset: str | None = None,
    out: str | Path | None = None,
    workers: int = 0,
    ray_address: str | None = None,
    gpus_per_worker: float | None = None,
    hours: float | None = None,
    observer: Observer | None = None,
    progress: bool = True,
    **values: Any,
) -> Run:
    """Searches for optimizers that train faster than tuned AdamW on the `tasks`.

    The result is a function of what is given, whatever the number of `workers`: Ray actors here or
    at `ray_address`, or 0 for this process. `start` are rules by name, file, `RUN#ID`, text or
    object; `tasks` are names, suites, FILE.py:NAME or `Task` objects, as are `micro` and `select`,
    a hurdle before them and what the best of the run is chosen by; `operations` are files of
    operations, or rows, which mutation then draws besides its own. `preset` names a configuration
    to start from (`quick` takes minutes), and `values` are any of `evosearch.search_settings`.
    After `hours` no more is bred and the best are measured. An `observer` is told of phases and of
    what was committed; `progress` shows it on a terminal, in a notebook, or in a log.

    Whatever ends it, an interrupt too, all that was committed is in the folder `out` (by default a
    new one under `runs/`), and `evosearch.resume` goes on from there. Torch has one thread
    meanwhile, and afterwards as many as before.

    Raises:
        EvosearchError: a value is not allowed, there is no such rule or task, or no workers.
    """
    additions = with_operations(operations)
    given: dict[str, Any] = dict(values)
    for key, wanted in zip(_OF_TASKS, (tasks, micro, select), strict=True):
        if wanted is not None:
            given[key], additions = with_tasks(wanted, additions)
    starts = start if isinstance(start, Sequence) and not isinstance(start, str) else [start]
    given["start"] = tuple(as_text(one) for one in starts)
    config = make_config({**_preset(preset), **given}, "search", additions)
    crew = Crew(workers, ray_address, gpus_per_worker)
    crew.require(config)
    place = None if out is None else Path(out)
    with new_run(config, place, preset or "search") as store:
        _carry_out(store, crew, hours, observer, progress)
        return Run(store.folder, config.additions)


def resume(
    run: str | Path | Run,
    *,
    operations: Sequence[GivenOperation] = (),
    tasks: Sequence[GivenTask] = (),
    workers: int = 0,
    ray_address: str | None = None,
    gpus_per_worker: float | None = None,
    hours: float | None = None,
    observer: Observer | None = None,
    progress: bool = True,
) -> Run:
    """Goes on with an interrupted run, to the result that it would have had.

    `operations` and `tasks` are the user's own that it uses, unless `run` has them.

    Raises:
        EvosearchError: there is no such run, or what it uses is not given.
    """
    if isinstance(run, Run):
        folder, additions = run.folder, run.additions
    else:
        folder, additions = run_folder(str(run)), with_operations(())
    additions = with_operations(operations, additions)
    _, additions = with_tasks(tasks, additions)
    with open_run_to_resume(str(folder), additions) as store:
        _carry_out(store, Crew(workers, ray_address, gpus_per_worker), hours, observer, progress)
    return Run(folder, additions)


def ending_after(hours: float | None) -> Callable[[], bool]:
    """Makes the question whether so many hours have passed since now; never where None."""
    end = float("inf") if hours is None else time.monotonic() + 3600 * hours
    return lambda: time.monotonic() >= end


def _preset(name: str | None) -> Mapping[str, Any]:
    if name is None:
        return {}
    if name not in PRESETS:
        raise EvosearchError(f"no preset '{name}'; there are {', '.join(PRESETS)}")
    return PRESETS[name]


def _carry_out(
    store: StoreWriter,
    crew: Crew,
    hours: float | None,
    observer: Observer | None,
    progress: bool,
) -> None:
    with ExitStack() as shown:
        told = [] if observer is None else [observer]
        if progress:
            _tell(f"run folder: {store.folder}")
            told.append(shown.enter_context(ProgressDisplay()))
        try:
            crew.carry_out(store, Several(*told), ending_after(hours), _tell)
        except KeyboardInterrupt:
            _tell(f"interrupted; evosearch.resume({str(store.folder)!r}) goes on where it stopped")
            raise


def _tell(text: str) -> None:
    print(f"evosearch: {text}", file=sys.stderr, flush=True)
