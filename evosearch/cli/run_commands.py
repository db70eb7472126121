"""Defines the commands that look after a run: status, replay."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from evosearch.cli.opened import opened
from evosearch.cli.options import json_option, primitives_option, task_files_option
from evosearch.plugins.additions import Additions
from evosearch.plugins.tasks import require_tasks
from evosearch.reports.references import run_folder
from evosearch.reports.replay import replay, to_replay
from evosearch.search.process import check_device, configure_process
from evosearch.search.store_reader import StoreReader


@click.command("status")
@primitives_option
@click.argument("run")
@json_option
def status_command(additions: Additions, run: str, as_json: bool) -> None:
    """Tell how far a run is; it may be going on."""
    # No program is read, so a user's operations need not be at hand.
    with StoreReader.open(run_folder(run), additions) as store:
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
    help="How many of the best rules, in all their rounds; the start rule comes on top.",
)
@click.option("--all", "everything", is_flag=True, help="Everything that was trained.")
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
    store = opened(run, additions, task_files)
    config = store.config
    check_device(config.device)
    require_tasks(config.tasks, config.task_files, config.additions)
    results = []
    for result in replay(store, to_replay(store, -1 if everything else limit)):
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


RUN_COMMANDS = (status_command, replay_command)
