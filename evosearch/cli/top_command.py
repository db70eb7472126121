"""Defines the command that lists a run's rules, for people and for other programs: top."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import compress
from pathlib import Path

import click

from evosearch.cli.files import require_new, write_new
from evosearch.cli.opened import opened
from evosearch.cli.options import json_option, primitives_option
from evosearch.plugins.additions import Additions
from evosearch.reports.frame import frame
from evosearch.reports.frame_formats import BINARY, FORMATS
from evosearch.reports.leaderboard import Entry, leaderboard, recognised
from evosearch.reports.selection import holds
from evosearch.reports.summary import console, picked_lines, table
from evosearch.search.store_reader import StoreReader

_FOR_PEOPLE = "table"
_SHOWN = 5


@click.command("top")
@primitives_option
@click.argument("run")
@click.option("-n", "limit", type=click.IntRange(1), help=f"How many.  [default: {_SHOWN}]")
@click.option("--all", "everything", is_flag=True, help="Every structure that was trained.")
@click.option(
    "--where",
    metavar="CONDITION",
    help="Only those for which it holds: SQL on the columns of --format csv, such as "
    "'score > 0.9 AND statements <= 10'.",
)
@click.option(
    "--recognise/--no-recognise",
    "recognises",
    default=None,
    help="Say which known rule each is, in a second each.  [default: unless --all]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([_FOR_PEOPLE, *FORMATS]),
    help=f"For a data frame: a flat row for each rule.  [default: {_FOR_PEOPLE}]",
)
@click.option("--out", type=Path, help="The file to write.  [default: standard output]")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@json_option
def top_command(
    additions: Additions,
    run: str,
    limit: int | None,
    everything: bool,
    where: str | None,
    recognises: bool | None,
    form: str | None,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """List a run's best rules.

    The score is the speed-up over tuned AdamW on the search's own seeds, where the best is also
    the luckiest; trust the one on fresh seeds, with its 95% interval.
    Of each it is said which known rule it is or comes nearest to (see `evosearch recognise`).
    """
    if everything and limit is not None:
        raise click.UsageError("-n gives some and --all gives all; give one of them")
    if as_json and form is not None:
        raise click.UsageError("--json has a form of its own; give --json or --format")
    if form in BINARY and out is None:
        raise click.UsageError(f"--format {form} is not text; say with --out which file to write")
    if out is not None:
        require_new(out, force)
    store = opened(run, additions)
    most = None if everything else limit or _SHOWN
    entries = leaderboard(store, most) if where is None else _selected(store, where)[:most]
    recognises = not everything if recognises is None else recognises
    if recognises:
        entries = recognised(store, entries)
    if as_json:
        content = json.dumps([asdict(entry) for entry in entries], indent=2).encode() + b"\n"
    elif form is not None and form != _FOR_PEOPLE:
        content = FORMATS[form](frame(store, entries, recognises))
    elif entries:
        page = _page(entries, [] if where else picked_lines(store))
        content = (page if out is None else click.unstyle(page)).encode()
    else:
        why = "nothing trained yet" if where is None else f"no trained rule with {where}"
        content = f"{store.folder}: {why}\n".encode()
    if out is None:
        click.echo(content.decode(), nl=False)
    else:
        write_new(out, content, force)


def _selected(store: StoreReader, condition: str) -> list[Entry]:
    """Lists the rules for which a condition holds, best first."""
    entries = leaderboard(store, None)
    return list(compress(entries, holds(frame(store, entries), condition)))


def _page(entries: list[Entry], below: list[str]) -> str:
    """Draws the table, styled where standard output is a terminal, and puts lines below it."""
    page = console()
    with page.capture() as capture:
        page.print(table(entries, page.width))
    return capture.get() + "".join(f"{line}\n" for line in below)


TOP_COMMANDS = (top_command,)
