"""Defines the commands that carry a search out: search, resume."""

from __future__ import annotations

import signal
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import click

from evosearch.cli.options import (
    execution_options,
    hours_option,
    primitives_option,
    task_files_option,
    tensorboard_option,
)
from evosearch.cli.progress import ProgressDisplay
from evosearch.cli.scalars import open_scalars, require_tensorboard
from evosearch.cli.settings import settings_from
from evosearch.language.printer import to_text
from evosearch.plugins.additions import Additions
from evosearch.plugins.tasks import is_task_file, load_known_tasks, require_tasks
from evosearch.reports.references import open_run_to_resume, resolve_several
from evosearch.reports.summary import render
from evosearch.screening.trainable import require_trainable
from evosearch.search.config_values import load_config, make_config
from evosearch.search.evolution import require_start
from evosearch.search.executor import executor
from evosearch.search.failures import FailureLog
from evosearch.search.folders import RUNS, yardstick_folder
from evosearch.search.gpus import share_of_gpu
from evosearch.search.loop import search
from evosearch.search.observer import Observer, Several
from evosearch.search.presets import PRESETS
from evosearch.search.process import check_device
from evosearch.search.slots import lag_of, told_of_idle
from evosearch.search.store_writer import StoreWriter


class _Crew(NamedTuple):
    """Says who is to do the work of a search."""

    workers: int
    address: str | None
    gpus_per_worker: float | None


@click.command("search")
@primitives_option
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), help="Start from a named configuration."
)
@click.option(
    "--config", "file", type=Path, help="A TOML file of values, or what --show-config prints."
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set any value.")
@click.option(
    "--start",
    "starts",
    metavar="PROGRAM",
    multiple=True,
    help="A rule to start from, or a file with several; may be given several times.  "
    "[default: adamw]",
)
@click.option(
    "--task",
    "tasks",
    metavar="TASK",
    multiple=True,
    help="A proxy task instead of the configured ones: a name, a suite (`evosearch tasks` lists "
    "both) or FILE.py:NAME, a task of your own; may be given several times, the cheapest first.",
)
@click.option(
    "--micro",
    metavar="TASK",
    multiple=True,
    help="A task of milliseconds that a structure must first show itself on; several times, too.  "
    "[default: the suite micro, and none with --task]",
)
@click.option(
    "--select",
    metavar="TASK",
    multiple=True,
    help="A task on which the best are measured again, and the best of the run is chosen; several "
    "times, too.  [default: the suite select, and none with --task]",
)
@click.option("--seed", type=int, help="Names the run's random draws.  [default: 0]")
@click.option("--evaluations", type=int, help="Structures to tune.")
@click.option("--population", type=int, help="Individuals alive in a population.")
@click.option("--populations", type=int, help="Populations, whose best travel.  [default: 1]")
@click.option(
    "--slots",
    type=click.IntRange(1),
    help="Workers to plan the search for: it sets `lag`, on which the result depends, to twice as "
    "many blocks, while --workers changes nothing.",
)
@click.option("--device", help="Where to train: cpu, cuda or cuda:N.  [default: cpu]")
@execution_options
@tensorboard_option
@hours_option
@click.option("--out", type=Path, help="The run's folder.  [default: a new one under runs/]")
@click.option("--resume", metavar="RUN", help="Go on with an interrupted run.")
@click.option("--show-config", is_flag=True, help="Print the configuration and stop.")
def search_command(
    additions: Additions,
    preset: str | None,
    file: Path | None,
    settings: tuple[str, ...],
    starts: tuple[str, ...],
    tasks: tuple[str, ...],
    micro: tuple[str, ...],
    select: tuple[str, ...],
    seed: int | None,
    evaluations: int | None,
    population: int | None,
    populations: int | None,
    slots: int | None,
    device: str | None,
    workers: int,
    ray_address: str | None,
    gpus_per_worker: float | None,
    tensorboard: Path | None,
    hours: float | None,
    out: Path | None,
    resume: str | None,
    show_config: bool,
) -> None:
    """Search for optimizers that train faster than tuned AdamW.

    `--preset quick` takes a few minutes on two cores. The result is a function of the
    configuration alone, whatever the number of workers. Interrupt with Ctrl-C; `evosearch resume`
    goes on.
    """
    flags = {
        "start": starts or None,
        "tasks": tasks or None,
        "micro": micro or None,
        "select": select or None,
        "seed": seed,
        "evaluations": evaluations,
        "population": population,
        "populations": populations,
        "lag": None if slots is None else lag_of(slots),
        "device": device,
    }
    given = {key: value for key, value in flags.items() if value is not None}
    if resume is not None:
        if all(is_task_file(task) for task in tasks):
            given.pop("tasks", None)
        if preset or file or settings or given or out or show_config:
            raise click.UsageError(
                "--resume goes on with the run's own configuration; give it alone, "
                "or with --workers, --ray-address, --gpus-per-worker, --hours, --tensorboard and "
                "--task FILE.py:NAME"
            )
        crew = _Crew(workers, ray_address, gpus_per_worker)
        _resume(resume, additions, tasks, crew, tensorboard, _after(hours))
        return
    values: dict[str, Any] = dict(PRESETS[preset]) if preset else {}
    source = "command line"
    if file is not None:
        values |= load_config(file)
        source = str(file)
    values |= settings_from(settings) | given
    config = make_config(values, source, additions)
    if show_config:
        click.echo(config.model_dump_json(indent=2))
        return
    start = resolve_several(config.start, config.additions)
    for told, rule in start:
        require_trainable(
            rule, f"cannot start from {told}", "start from a rule that trains, such as adamw"
        )
    start_rules = [rule for _, rule in start]
    require_start(config, start_rules)
    check_device(config.device)
    share_of_gpu(gpus_per_worker, config.device, workers)
    if tensorboard is not None:
        require_tensorboard(tensorboard)
    folder = out or RUNS / f"{time.strftime('%Y%m%d-%H%M%S')}-{preset or 'search'}"
    with StoreWriter.create(folder, config, "".join(map(to_text, start_rules))) as store:
        crew = _Crew(workers, ray_address, gpus_per_worker)
        _run(store, crew, tensorboard, _after(hours))


@click.command("resume")
@primitives_option
@task_files_option
@click.argument("run")
@execution_options
@tensorboard_option
@hours_option
@click.option(
    "--finish",
    is_flag=True,
    help="Breed no more: commit what is in training, measure the best again, and end the run.",
)
def resume_command(
    additions: Additions,
    task_files: tuple[str, ...],
    run: str,
    workers: int,
    ray_address: str | None,
    gpus_per_worker: float | None,
    tensorboard: Path | None,
    hours: float | None,
    finish: bool,
) -> None:
    """Go on with an interrupted run, to the result it would have had."""
    enough = (lambda: True) if finish else _after(hours)
    crew = _Crew(workers, ray_address, gpus_per_worker)
    _resume(run, additions, task_files, crew, tensorboard, enough)


def _resume(
    run: str,
    additions: Additions,
    task_files: tuple[str, ...],
    crew: _Crew,
    tensorboard: Path | None,
    enough: Callable[[], bool],
) -> None:
    if tensorboard is not None:
        require_tensorboard(tensorboard)
    _, additions = load_known_tasks(task_files, additions)
    with open_run_to_resume(run, additions) as store:
        _run(store, crew, tensorboard, enough)


def _after(hours: float | None) -> Callable[[], bool]:
    """Makes the question whether so many hours have passed since now; never where None."""
    end = float("inf") if hours is None else time.monotonic() + 3600 * hours
    return lambda: time.monotonic() >= end


def _run(
    store: StoreWriter,
    crew: _Crew,
    tensorboard: Path | None,
    enough: Callable[[], bool],
) -> None:
    config = store.config
    require_tasks(config.all_tasks, config.task_files, config.additions)
    print(f"run folder: {store.folder}", file=sys.stderr)
    started = time.monotonic()
    check_device(config.device)
    idle = told_of_idle(crew.workers, config.lag)
    if idle is not None:
        print(f"evosearch: {idle}", file=sys.stderr)
    # A batch system ends what has run for too long by this signal; it is taken as Ctrl-C is.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with (
            warnings.catch_warnings(),
            executor(
                *(crew.workers, crew.address, config.additions),
                *(config.device, crew.gpus_per_worker),
                note=FailureLog(store.folder).note,
            ) as ready,
            ExitStack() as observers,
        ):
            warnings.showwarning = _shown_once()
            told: list[Observer] = [observers.enter_context(ProgressDisplay())]
            if tensorboard is not None:
                told.append(observers.enter_context(open_scalars(tensorboard)))
            search(store, ready, Several(*told), yardstick_folder(store.folder), enough)
    except KeyboardInterrupt:
        print(
            f"evosearch: interrupted; `evosearch resume {store.folder}` goes on where it stopped "
            "(with --finish it measures the best and ends)",
            file=sys.stderr,
        )
        sys.exit(130)
    text = render(store)
    # First of all, for whoever reads the output may have gone away.
    (store.folder / "summary.txt").write_text(text + "\n", encoding="utf-8")
    click.echo(text)
    click.echo(f"\n{store.folder}: done in {time.monotonic() - started:.0f} s")


def _shown_once() -> Callable[..., None]:
    """Makes a hook that shows each warning once, on a line, without the place in the source."""
    told: set[str] = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if str(message) not in told:
            told.add(str(message))
            print(f"evosearch: {message}", file=sys.stderr)

    return show


SEARCH_COMMANDS = (search_command, resume_command)
