"""Watching a run from another terminal: what is shown, when, and how it ends."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
from rich.table import Table

from evosearch.cli import run_commands, watching
from evosearch.cli.watching import View, check_watching, watch
from evosearch.search.schema import DATABASE
from tests.support.commands import Run, refused
from tests.support.made_candidates import Made, add, begin, finish, measure, rejected


class Time:
    """A clock that goes on in pauses alone, in each of which something happens; then Ctrl-C."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events: Iterator[Callable[[], object]] = iter(())
        self.pauses: list[float] = []

    def happens(self, *events: Callable[[], object]) -> None:
        self.events = iter(events)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)
        event = next(self.events, None)
        if event is None:
            raise KeyboardInterrupt
        event()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(watching, "time", made)
    monkeypatch.setattr(run_commands, "time", made)
    return made


@pytest.fixture
def going(tmp_path: Path) -> Path:
    """A run that goes on."""
    folder = begin(tmp_path / "going")
    add(folder, Made(None, 0.0))
    return folder


def nothing() -> None:
    """Nothing happens."""


def views(*pictures: str) -> Callable[[], View]:
    """What a look sees in turn; the last of it is that the run is done."""
    left = list(pictures)

    def look() -> View:
        picture = left.pop(0)
        return View(picture, picture, not left)

    return look


def test_news_are_printed_once(time: Time, capsys: pytest.CaptureFixture[str]) -> None:
    """Elsewhere than on a terminal; what is longer than a line has an empty line before it."""
    time.happens(*[nothing] * 5)
    watch(views("a", "a", "b\nb", "b\nb", "c\nc"), 7)
    assert capsys.readouterr().out == "a\n\nb\nb\n\nc\nc\n"
    assert time.pauses == [7, 7, 7, 7]


def test_what_is_no_text_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    """A table, without colours, and as wide as it is elsewhere."""
    table = Table("name")
    table.add_row("[x]" + "y" * 90)
    watch(lambda: View(table, 0, True))
    out = capsys.readouterr().out
    assert "y" * 90 in out
    assert "\x1b" not in out


def test_ctrl_c_ends_it_without_a_word(time: Time, capsys: pytest.CaptureFixture[str]) -> None:
    """With the status that a shell knows."""
    time.happens(nothing)
    with pytest.raises(SystemExit) as stop:
        watch(views("a", "a", "b"))
    assert stop.value.code == 130
    assert capsys.readouterr() == ("a\n", "")


def test_looks_that_take_long_are_seldom(time: Time, capsys: pytest.CaptureFixture[str]) -> None:
    """Nine tenths of the time at least are left to who writes the run."""
    time.happens(nothing, nothing)
    left = ["a", "b", "c"]

    def look() -> View:
        time.now += 2.0
        return View(left.pop(0), left, not left)

    watch(look, 5)
    assert time.pauses == pytest.approx([18.0, 18.0])
    assert capsys.readouterr().out


class Terminal(io.StringIO):
    """Is written to as if it were a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_the_latest_in_place(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last picture stays; brackets are no markup, and nothing is printed twice."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    time.happens(*[nothing] * 3)
    watch(views("one [0.9, 1.1]", "two [red]", "three"))
    written = terminal.getvalue()
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written)
    assert "one [0.9, 1.1]" in plain
    assert "two [red]" in plain
    assert plain.rstrip().endswith("three")
    # A picture is erased before the next one is drawn.
    assert "\x1b[2K" in written


def test_a_terminal_that_cannot_go_back_has_blocks(
    time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file has."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "dumb")
    time.happens(*[nothing] * 3)
    watch(views("a", "a", "b"))
    assert terminal.getvalue() == "a\nb\n"


def test_an_interval_needs_looks() -> None:
    """`--every` alone says nothing."""
    with pytest.raises(click.UsageError, match="--every says how often --watch looks; give both"):
        check_watching(False, 1.0)
    check_watching(True, 1.0)
    check_watching(False, None)


def test_status_is_watched(run: Run, going: Path, time: Time) -> None:
    """Until the run is done; then the status is 0."""
    time.happens(
        nothing,
        lambda: add(going, Made(0, 1.0), rejected("constant")),
        lambda: measure(going, 1, 1.5, 1.25, 1.75),
        lambda: finish(going),
    )
    outcome = run("status", going, "--watch", "--every", "60")
    assert (outcome.status, outcome.err) == (0, "")
    blocks = outcome.out.split("\n\n")
    assert len(blocks) == 4
    assert "best               #0, 1.00 on the seeds that selected it" in blocks[0]
    assert "generated          3\nrejected           constant 1\n" in blocks[1]
    assert "best               #1, 1.50 [1.25, 1.75] on fresh seeds" in blocks[2]
    assert "state              done" in blocks[3]
    assert blocks[3].strip() == run("status", going).out.strip()


def test_a_watched_run_has_a_pace(run: Run, going: Path, time: Time) -> None:
    """Two are tuned in each minute, of 100 that are wanted: nine are, after four minutes."""
    time.happens(*[lambda: add(going, Made(), Made())] * 4)
    outcome = run("status", going, "--watch", "--every", "60")
    assert outcome.status == 130
    first, *_, last = outcome.out.split("\n\n")
    assert "\nrate " not in first
    assert "rate               120/h tuned, in the last minutes\n" in last
    assert "left               46 min, and then the finals" in last


def test_status_as_lines_of_json(run: Run, going: Path, time: Time) -> None:
    """An object each time that something changed, on a line however long it is."""
    gates = [rejected(f"a gate with quite a long name, number {n}") for n in range(9)]
    time.happens(lambda: add(going, *gates), nothing, lambda: finish(going))
    lines = run("status", going, "--watch", "--json").out.splitlines()
    records = [json.loads(line) for line in lines]
    assert [one["generated"] for one in records] == [1, 10, 10]
    assert [one["state"] for one in records] == ["unfinished", "unfinished", "done"]
    assert records[-1] == json.loads(run("status", going, "--json").out)


def test_top_is_watched(run: Run, going: Path, time: Time) -> None:
    """A new best comes first; what changes nothing in the list is not shown again."""
    time.happens(
        lambda: add(going, rejected("constant"), Made(0, 1.0)),
        lambda: add(going, rejected("constant")),
        lambda: finish(going),
    )
    outcome = run("top", going, "--watch", "-n", "1", "--json")
    assert outcome.status == 0
    shown = [json.loads(line) for line in outcome.out.splitlines()]
    assert [[one["id"] for one in entries] for entries in shown] == [[0], [2]]
    time.happens()
    table = run("top", going, "--watch")
    assert (table.status, table.out.count("not measured")) == (0, 2)


def test_top_is_watched_from_the_beginning(run: Run, fresh: Path, time: Time) -> None:
    """Before anything was trained it says so, and goes on looking."""
    time.happens(nothing)
    outcome = run("top", fresh, "--watch")
    assert (outcome.status, outcome.out) == (130, f"{fresh}: nothing trained yet\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["top", "going", "--every", "3"], "--every says how often --watch looks; give both"),
        (["status", "going", "--every", "3"], "--every says how often --watch looks; give both"),
        (["status", "going", "--watch", "--every", "0"], "Invalid value for '--every': 0.0 is not"),
        (["top", "going", "--watch", "--format", "csv"], "--watch shows a table or --json; give"),
        (["top", "going", "--watch", "--out", "x"], "--watch shows a table or --json; give"),
        (["status", "nowhere", "--watch"], "nowhere: no such folder"),
    ],
)
def test_what_is_refused(arguments: list[str], message: str, run: Run, going: Path) -> None:
    """In one line."""
    assert going.name == "going"
    assert refused(run(*arguments)).startswith(message)


def test_a_watcher_holds_nobody_up(run: Run, going: Path, time: Time) -> None:
    """Between its looks no transaction is open: the log can be written back and emptied."""

    def checkpoint() -> None:
        with closing(sqlite3.connect(going / DATABASE, timeout=0)) as database:
            busy, *_ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            assert busy == 0
            database.execute("BEGIN EXCLUSIVE")
            database.execute("ROLLBACK")

    time.happens(*[lambda: add(going, Made()), checkpoint] * 2)
    assert run("status", going, "--watch").status == 130
    time.happens(*[lambda: add(going, Made()), checkpoint] * 2)
    assert run("top", going, "--watch").status == 130
