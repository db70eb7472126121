"""The commands that make or read a run: search, resume, status, top, replay."""

from __future__ import annotations

import json
import sys
import time
import tomllib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from evosearch.cli.options import (
    execution_options,
    json_option,
    primitives_option,
    task_files_option,
)
from evosearch.cli.progress import ProgressDisplay
from evosearch.errors import EvosearchError
from evosearch.language.printer import to_text
from evosearch.language.program import Program
from evosearch.plugins.additions import Additions
from evosearch.plugins.tasks import is_task_file, load_known_tasks, require_tasks
from evosearch.reports.leaderboard import leaderboard
from evosearch.reports.references import RUNS, open_run, resolve
from evosearch.reports.replay import replay
from evosearch.reports.summary import console, render, table
from evosearch.screening.gates import GATES
from evosearch.screening.screen import screen
from evosearch.search.config import PRESETS, load_config, make_config
from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.process import check_device, configure_process
from evosearch.search.store import Store


def _opened(run: str, additions: Additions, task_files: Sequence[str] = ()) -> Store:
    """The run, which is closed when the command ends; `task_files` are loaded before."""
    _, additions = load_known_tasks(task_files, additions)
    store = open_run(run, additions)
    click.get_current_context().call_on_close(store.close)
    return store


@click.command("search")
@primitives_option
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), help="Start from a named configuration."
)
@click.option("--config", "file", type=Path, help="A TOML file of configuration values.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set any value.")
@click.option("--start", metavar="PROGRAM", help="The rule to start from.  [default: adamw]")
@click.option(
    "--task",
    "tasks",
    metavar="TASK",
    multiple=True,
    help="A proxy task instead of the configured ones: a name, a suite (`evosearch tasks` lists "
    "both) or FILE.py:NAME, a task of your own; may be given several times, the cheapest first.",
)
@click.option("--seed", type=int, help="Names the run's random draws.  [default: 0]")
@click.option("--evaluations", type=int, help="Distinct candidates to train.")
@click.option("--population", type=int, help="Individuals alive.")
@click.option("--device", help="Where to train: cpu, cuda or cuda:N.  [default: cpu]")
@execution_options
@click.option("--out", type=Path, help="The run's folder.  [default: a new one under runs/]")
@click.option("--resume", metavar="RUN", help="Go on with an interrupted run.")
@click.option("--show-config", is_flag=True, help="Print the configuration and stop.")
def search_command(
    additions: Additions,
    preset: str | None,
    file: Path | None,
    settings: tuple[str, ...],
    start: str | None,
    tasks: tuple[str, ...],
    seed: int | None,
    evaluations: int | None,
    population: int | None,
    device: str | None,
    workers: int,
    ray_address: str | None,
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
        "start": start,
        "tasks": tasks or None,
        "seed": seed,
        "evaluations": evaluations,
        "population": population,
        "device": device,
    }
    given = {key: value for key, value in flags.items() if value is not None}
    if resume is not None:
        if all(is_task_file(task) for task in tasks):
            given.pop("tasks", None)
        if preset or file or settings or given or out or show_config:
            raise click.UsageError(
                "--resume goes on with the run's own configuration; give it alone, "
                "or with --workers and --task FILE.py:NAME"
            )
        _run(_opened(resume, additions, tasks), workers, ray_address)
        return
    values: dict[str, Any] = dict(PRESETS[preset]) if preset else {}
    source = "command line"
    if file is not None:
        values |= load_config(file)
        source = str(file)
    values |= _settings(settings) | given
    config = make_config(values, source, additions)
    if show_config:
        click.echo(config.model_dump_json(indent=2))
        return
    start_rule = resolve(config.start, config.additions).program
    _check_start(start_rule, config.start)
    check_device(config.device)
    folder = out or RUNS / f"{time.strftime('%Y%m%d-%H%M%S')}-{preset or 'search'}"
    _run(Store.create(folder, config, to_text(start_rule)), workers, ray_address)


@click.command("resume")
@primitives_option
@task_files_option
@click.argument("run")
@execution_options
def resume_command(
    additions: Additions,
    task_files: tuple[str, ...],
    run: str,
    workers: int,
    ray_address: str | None,
) -> None:
    """Go on with an interrupted run, to the result it would have had."""
    _run(_opened(run, additions, task_files), workers, ray_address)


def _settings(pairs: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--set expected KEY=VALUE, got '{pair}'")
        try:
            values[key.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            values[key.strip()] = text
    return values


def _check_start(program: Program, name: str) -> None:
    """
    Raises:
        EvosearchError: a gate rejects the rule, so that there would be nothing to evolve.
    """
    rejection = screen(program).facts.rejection
    for gate in GATES:
        if gate.name == rejection:
            raise EvosearchError(
                f"cannot start from {name}: {gate} (gate '{gate.name}'); "
                "start from a rule that trains, such as adamw"
            )


def _run(store: Store, workers: int, address: str | None) -> None:
    config = store.config
    require_tasks(config.tasks, config.task_files, config.additions)
    print(f"run folder: {store.folder}", file=sys.stderr)
    started = time.monotonic()
    check_device(config.device)
    try:
        with (
            warnings.catch_warnings(),
            executor(workers, address, config.additions) as ready,
            ProgressDisplay() as display,
        ):
            warnings.showwarning = _shown_once()
            search(store, ready, display, store.folder.parent / "yardsticks")
    except KeyboardInterrupt:
        print(
            f"evosearch: interrupted; `evosearch resume {store.folder}` goes on where it stopped",
            file=sys.stderr,
        )
        sys.exit(130)
    text = render(store)
    click.echo(text)
    click.echo(f"\n{store.folder}: done in {time.monotonic() - started:.0f} s")
    (store.folder / "summary.txt").write_text(text + "\n", encoding="utf-8")
    store.close()


def _shown_once() -> Callable[..., None]:
    """Shows each warning once, on a line, without the place in the source."""
    told: set[str] = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if str(message) not in told:
            told.add(str(message))
            print(f"evosearch: {message}", file=sys.stderr)

    return show


@click.command("top")
@primitives_option
@click.argument("run")
@click.option("-n", "limit", type=click.IntRange(1), default=5, show_default=True)
@json_option
def top_command(additions: Additions, run: str, limit: int, as_json: bool) -> None:
    """List a run's best rules.

    The score is the speed-up over tuned AdamW on the search's own seeds, where the best is also
    the luckiest; trust the one on fresh seeds, with its 95% interval.
    """
    store = _opened(run, additions)
    entries = leaderboard(store, limit)
    if as_json:
        click.echo(json.dumps([asdict(entry) for entry in entries], indent=2))
    elif not entries:
        click.echo(f"{store.folder}: nothing trained yet")
    else:
        page = console()
        page.print(table(entries, page.width))


@click.command("status")
@primitives_option
@click.argument("run")
@json_option
def status_command(additions: Additions, run: str, as_json: bool) -> None:
    """Tell how far a run is; it may be going on."""
    store = _opened(run, additions)
    counts = store.counts() | {
        "wanted": store.config.evaluations,
        "state": "done" if store.done else "unfinished",
    }
    if as_json:
        click.echo(json.dumps(counts, indent=2))
        return
    for key, value in counts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v}" for k, v in value.items()) or "none"
        click.echo(f"{key.replace('_', ' '):<18} {value}")


@click.command("replay")
@primitives_option
@task_files_option
@click.argument("run")
@click.option(
    "-n",
    "limit",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="How many of the best candidates; the start rule comes on top.",
)
@click.option("--all", "everything", is_flag=True, help="Every trained candidate.")
@json_option
def replay_command(
    additions: Additions,
    task_files: tuple[str, ...],
    run: str,
    limit: int,
    everything: bool,
    as_json: bool,
) -> None:
    """Make a run's stored trainings again and compare the losses.

    Exit status 0 if all agree to 1e-6, 1 if any differs.
    """
    configure_process()
    store = _opened(run, additions, task_files)
    config = store.config
    check_device(config.device)
    require_tasks(config.tasks, config.task_files, config.additions)
    rows = store.trained(-1 if everything else limit)
    numbers = list(dict.fromkeys([0, *(row.id for row in rows)])) if rows else []
    results = []
    for result in replay(store, numbers):
        results.append(result)
        if not as_json:
            verdict = "agrees" if result.agrees else "DIFFERS"
            click.echo(
                f"candidate {result.candidate:>6}  {result.task:<14} {result.runs:>3} runs, "
                f"{result.identical} identical, largest deviation {result.deviation:.1e}  {verdict}"
            )
    agree = all(result.agrees for result in results)
    if as_json:
        record = [asdict(result) | {"agrees": result.agrees} for result in results]
        click.echo(json.dumps(record, indent=2))
    elif not results:
        click.echo(f"{store.folder}: nothing trained yet")
    else:
        runs = sum(result.runs for result in results)
        click.echo(f"{runs} trainings made again: " + ("all agree" if agree else "some differ"))
    sys.exit(0 if agree else 1)


RUN_COMMANDS = (search_command, resume_command, status_command, top_command, replay_command)
"""In the order of a run's life."""
