"""Defines the commands that carry a search out: search, resume."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import click

from evosearch.api.crew import Crew, new_run
from evosearch.api.searches import ending_after
from evosearch.cli.options import (
    execution_options,
    hours_option,
    primitives_option,
    quiet_option,
    task_files_option,
    tensorboard_option,
)
from evosearch.cli.scalars import open_scalars, require_tensorboard
from evosearch.cli.settings import settings_from
from evosearch.plugins.additions import Additions
from evosearch.plugins.tasks import is_task_file, load_known_tasks
from evosearch.progress.display import ProgressDisplay
from evosearch.reports.references import open_run_to_resume
from evosearch.search.config_text import as_toml
from evosearch.search.config_values import load_config, make_config
from evosearch.search.observer import Observer, Several
from evosearch.search.presets import PRESETS
from evosearch.search.slots import lag_of
from evosearch.search.store_writer import StoreWriter


class _Shown(NamedTuple):
    """Says where it is shown how the search goes."""

    tensorboard: Path | None
    quiet: bool


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
@quiet_option
@hours_option
@click.option("--out", type=Path, help="The run's folder.  [default: a new one under runs/]")
@click.option("--resume", metavar="RUN", help="Go on with an interrupted run.")
@click.option(
    "--show-config",
    is_flag=False,
    flag_value="json",
    type=click.Choice(["json", "toml"]),
    help="Print the configuration and stop; in TOML with what each value means.",
)
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
    quiet: bool,
    hours: float | None,
    out: Path | None,
    resume: str | None,
    show_config: str | None,
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
                "or with --workers, --ray-address, --gpus-per-worker, --hours, --tensorboard, "
                "--quiet and --task FILE.py:NAME"
            )
        crew = Crew(workers, ray_address, gpus_per_worker)
        _resume(resume, additions, tasks, crew, _Shown(tensorboard, quiet), ending_after(hours))
        return
    values: dict[str, Any] = dict(PRESETS[preset]) if preset else {}
    source = "command line"
    if file is not None:
        values |= load_config(file)
        source = str(file)
    values |= settings_from(settings) | given
    config = make_config(values, source, additions)
    if show_config:
        toml = show_config == "toml"
        text = as_toml(config, explained=True) if toml else config.model_dump_json(indent=2) + "\n"
        click.echo(text, nl=False)
        return
    crew = Crew(workers, ray_address, gpus_per_worker)
    crew.require(config)
    if tensorboard is not None:
        require_tensorboard(tensorboard)
    with new_run(config, out, preset or "search") as store:
        _run(store, crew, _Shown(tensorboard, quiet), ending_after(hours))


@click.command("resume")
@primitives_option
@task_files_option
@click.argument("run")
@execution_options
@tensorboard_option
@quiet_option
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
    quiet: bool,
    hours: float | None,
    finish: bool,
) -> None:
    """Go on with an interrupted run, to the result it would have had."""
    enough = (lambda: True) if finish else ending_after(hours)
    crew = Crew(workers, ray_address, gpus_per_worker)
    _resume(run, additions, task_files, crew, _Shown(tensorboard, quiet), enough)


def _resume(
    run: str,
    additions: Additions,
    task_files: tuple[str, ...],
    crew: Crew,
    shown: _Shown,
    enough: Callable[[], bool],
) -> None:
    if shown.tensorboard is not None:
        require_tensorboard(shown.tensorboard)
    _, additions = load_known_tasks(task_files, additions)
    with open_run_to_resume(run, additions) as store:
        _run(store, crew, shown, enough)


def _run(
    store: StoreWriter,
    crew: Crew,
    shown: _Shown,
    enough: Callable[[], bool],
) -> None:
    if not shown.quiet:
        print(f"run folder: {store.folder}", file=sys.stderr)
    started = time.monotonic()
    # A batch system ends what has run for too long by this signal; it is taken as Ctrl-C is.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as observers:
            told: list[Observer] = []
            if not shown.quiet:
                told.append(observers.enter_context(ProgressDisplay()))
            if shown.tensorboard is not None:
                told.append(observers.enter_context(open_scalars(shown.tensorboard)))
            tell = _unheard if shown.quiet else _tell
            text = crew.carry_out(store, Several(*told), enough, tell)
    except KeyboardInterrupt:
        _tell(
            f"interrupted; `evosearch resume {store.folder}` goes on where it stopped "
            "(with --finish it measures the best and ends)"
        )
        sys.exit(130)
    click.echo(text)
    click.echo(f"\n{store.folder}: done in {time.monotonic() - started:.0f} s")


def _unheard(_: str) -> None:
    pass


def _tell(text: str) -> None:
    print(f"evosearch: {text}", file=sys.stderr)
