"""Defines the command that lists a run's rules, for people and for other programs: top."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from itertools import compress
from pathlib import Path

import click

from evosearch.cli.files import require_new, write_new
from evosearch.cli.opened import opened
from evosearch.cli.options import force_option, json_option, out_option, primitives_option
from evosearch.cli.watching import View, check_watching, every_option, watch, watch_option
from evosearch.plugins.additions import Additions
from evosearch.recognition.recognition import Recognition
from evosearch.reports.frame import frame
from evosearch.reports.frame_formats import BINARY, FORMATS
from evosearch.reports.leaderboard import Entry, leaderboard, on_front, recognised
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
    "--front",
    "only_front",
    is_flag=True,
    help="Those than which none scores as high, is as short and has as few states.",
)
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
    help="Say which known rule each is, in a second each.  [default: unless --all or --watch]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([_FOR_PEOPLE, *FORMATS]),
    help=f"For a data frame: a flat row for each rule.  [default: {_FOR_PEOPLE}]",
)
@out_option
@force_option
@watch_option
@every_option
@json_option
def top_command(
    additions: Additions,
    run: str,
    limit: int | None,
    everything: bool,
    only_front: bool,
    where: str | None,
    recognises: bool | None,
    form: str | None,
    out: Path | None,
    force: bool,
    watch_it: bool,
    every: float | None,
    as_json: bool,
) -> None:
    """List a run's best rules.

    The score is the speed-up over tuned AdamW on the search's own seeds, where the best is also
    the luckiest; trust the one on fresh seeds, with its 95% interval.
    Of each it is said which known rule it is or comes nearest to (see `evosearch recognise`).
    With --watch the list is shown anew as the run goes on; elsewhere than on a terminal, whenever
    it changed, and with --json on a line each time.
    """
    if everything and only_front:
        raise click.UsageError("--all gives all and --front gives some; give one of them")
    if everything and limit is not None:
        raise click.UsageError("-n gives some and --all gives all; give one of them")
    if as_json and form is not None:
        raise click.UsageError("--json has a form of its own; give --json or --format")
    check_watching(watch_it, every)
    if watch_it and (form not in (None, _FOR_PEOPLE) or out is not None):
        raise click.UsageError(
            "--watch shows a table or --json; give no other --format and no --out"
        )
    if form in BINARY and out is None:
        raise click.UsageError(f"--format {form} is not text; say with --out which file to write")
    if out is not None:
        require_new(out, force)
    store = opened(run, additions)
    most = None if everything or (only_front and limit is None) else limit or _SHOWN
    recognises = not (everything or watch_it) if recognises is None else recognises
    choice = Choice(most, where, recognises, only_front)
    if watch_it:
        watch(lambda: _view(store, choice, as_json), every)
        return
    entries = choice.entries(store)
    if as_json:
        content = json.dumps([asdict(entry) for entry in entries], indent=2).encode() + b"\n"
    elif form is not None and form != _FOR_PEOPLE:
        content = FORMATS[form](frame(store, entries, recognises))
    elif entries:
        page = _page(entries, [] if where or only_front else picked_lines(store))
        content = (page if out is None else click.unstyle(page)).encode()
    else:
        content = f"{store.folder}: {choice.nothing()}\n".encode()
    if out is None:
        click.echo(content.decode(), nl=False)
    else:
        write_new(out, content, force)


@dataclass
class Choice:
    """Says which rules are listed; it remembers which known ones they are."""

    most: int | None
    where: str | None
    recognises: bool
    only_front: bool = False
    _known: dict[str, Recognition | None] = field(default_factory=dict)

    def entries(self, store: StoreReader) -> list[Entry]:
        """Lists the rules that are best by now."""
        if self.only_front:
            entries = on_front(store)
        else:
            entries = leaderboard(store, self.most if self.where is None else None)
        if self.where is not None:
            entries = list(compress(entries, holds(frame(store, entries), self.where)))
        entries = entries[: self.most]
        if not self.recognises:
            return entries
        new = [entry for entry in entries if entry.text not in self._known]
        self._known |= {entry.text: entry.recognised for entry in recognised(store, new)}
        return [replace(entry, recognised=self._known[entry.text]) for entry in entries]

    def nothing(self) -> str:
        """Says why there is nothing to list."""
        return "nothing trained yet" if self.where is None else f"no trained rule with {self.where}"


def _view(store: StoreReader, choice: Choice, as_json: bool) -> View:
    """Looks once, for who watches."""
    # Before the rules, so that of a run that is done all are seen.
    done = store.done
    entries = choice.entries(store)
    if as_json:
        return View(json.dumps([asdict(entry) for entry in entries]), entries, done)
    if not entries:
        return View(f"{store.folder}: {choice.nothing()}", entries, done)
    return View(table(entries, console().width), entries, done)


def _page(entries: list[Entry], below: list[str]) -> str:
    """Draws the table, styled where standard output is a terminal, and puts lines below it."""
    page = console()
    with page.capture() as capture:
        page.print(table(entries, page.width))
    return capture.get() + "".join(f"{line}\n" for line in below)
