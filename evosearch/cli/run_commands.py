"""Defines the commands that read a run: status, top."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from evosearch.cli.options import json_option, primitives_option
from evosearch.plugins.additions import Additions
from evosearch.reports.leaderboard import leaderboard, recognised
from evosearch.reports.references import open_run, run_folder
from evosearch.reports.summary import console, table
from evosearch.search.store_reader import StoreReader


def _opened(run: str, additions: Additions) -> StoreReader:
    """Opens a run, which is closed when the command ends."""
    store = open_run(run, additions)
    click.get_current_context().call_on_close(store.close)
    return store


@click.command("top")
@primitives_option
@click.argument("run")
@click.option("-n", "limit", type=click.IntRange(1), default=5, show_default=True)
@json_option
def top_command(additions: Additions, run: str, limit: int, as_json: bool) -> None:
    """List a run's best rules.

    The score is the speed-up over tuned AdamW on the search's own seeds, where the best is also
    the luckiest; trust the one on fresh seeds, with its 95% interval.
    Of each it is said which known rule it is or comes nearest to (see `evosearch recognise`).
    """
    store = _opened(run, additions)
    entries = recognised(store, leaderboard(store, limit))
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


RUN_COMMANDS = (status_command, top_command)
