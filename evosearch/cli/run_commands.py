"""Defines the command that says how a run stands: status."""

from __future__ import annotations

import json

import click

from evosearch.cli.options import json_option, primitives_option
from evosearch.plugins.additions import Additions
from evosearch.reports.references import run_folder
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


RUN_COMMANDS = (status_command,)
