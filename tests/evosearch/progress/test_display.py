"""How a search's progress is shown: a line on a terminal, plain lines elsewhere, not too many."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console

from evosearch.progress import display as progress
from evosearch.progress.display import ProgressDisplay
from evosearch.search.store_reader import StoreReader
from tests.support.made_candidates import Made, add, begin, duplicate, rejected


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the module looks at."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


class Terminal(io.StringIO):
    """Is written to as if it were a terminal."""

    def isatty(self) -> bool:
        return True


def test_phases_and_steps_are_told_in_lines(
    recorded: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most one every ten seconds, and always the last; the search says how it goes."""
    with StoreReader.open(recorded) as store, ProgressDisplay() as display:
        display.phase("compiling models", 3)
        for done in (1, 2, 3):
            clock.now += 4
            display.advance(done, store)
        display.phase("search", 100)
        clock.now += 8
        display.advance(1, store)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:-1] == [
        "[    0 s] compiling models: 3 to do",
        "[    4 s] compiling models: 1/3",
        "[   12 s] compiling models: 3/3",
        "[   12 s] search: 100 to do",
    ]
    assert re.fullmatch(
        r"\[   20 s\] search: 1/100, best 2\.00, \d+ generated, \d+ cached, \d+ rejected", lines[-1]
    )


def test_the_search_tells_what_became_of_candidates(
    tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four tunings in 30 seconds each, 100 wanted: 96 are left, which take 48 minutes."""
    folder = begin(tmp_path / "run")
    with StoreReader.open(folder) as store, ProgressDisplay() as display:
        display.phase("search", 100)
        add(folder, Made(parent=None), rejected("one-signed"), rejected("constant"))
        display.advance(1, store)
        for done in (2, 3, 4):
            clock.now += 30
            add(folder, Made(fitness=1.0), duplicate(0), rejected("one-signed"))
            display.advance(done, store)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "[   90 s] search: 4/100, best 2.00, 12 generated, 3 cached, 5 rejected, "
        "of which 4 one-signed, 1 constant, 120/h, 48 min left"
    )


def test_what_a_resumed_search_has_already_has_no_pace(
    tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fifty are there; then each takes a minute, and of the hundred 46 are left."""
    folder = begin(tmp_path / "run")
    add(folder, Made(parent=None), *[Made()] * 49)
    with StoreReader.open(folder) as store, ProgressDisplay() as display:
        display.phase("search", 100)
        for done in (51, 52, 53, 54):
            clock.now += 60
            add(folder, Made())
            display.advance(done, store)
    assert capsys.readouterr().err.endswith("60/h, 46 min left\n")


def test_the_limit_that_comes_first_ends_a_search(
    tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each tuning takes 100 of 1000 replica-steps and a minute: six are left, not 96."""
    folder = begin(tmp_path / "run", replica_steps=1000)
    with StoreReader.open(folder) as store, ProgressDisplay() as display:
        display.phase("search", 100)
        for done in (1, 2, 3, 4):
            add(folder, Made(parent=None if done == 1 else 0))
            display.advance(done, store)
            clock.now += 60
    assert "6 min left" in capsys.readouterr().err


def test_lines_become_seldom(
    tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten seconds apart at first; no more than sixty in an hour, and twice as many in a day."""
    folder = begin(tmp_path / "run")
    add(folder, Made(parent=None))
    with StoreReader.open(folder) as store, ProgressDisplay() as display:
        display.phase("search", 10**6)
        for second in range(24 * 3600):
            clock.now += 1
            display.advance(second, store)
    lines = capsys.readouterr().err.splitlines()
    times = [int(line[1:].split()[0]) for line in lines]
    # Ten seconds and a fifteenth of 12, then of 24, the clock going by whole seconds.
    assert times[1:4] == [1, 12, 24]
    assert 30 < sum(time <= 3600 for time in times) <= 60
    assert len(times) <= 120


@pytest.mark.parametrize("width", [20, 40, 79, 80, 120, 200])
def test_a_terminal_has_one_line(
    width: int, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is shorter than the terminal is wide, and begins with what is done of how much."""
    folder = begin(tmp_path / "run")
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with StoreReader.open(folder) as store:
        display = ProgressDisplay()
        display.phase("search", 100)
        add(folder, Made(parent=None), rejected("one-signed"), rejected("not-descent"))
        for done in (1, 2, 3, 4):
            display.advance(done, store)
            clock.now += 60
            add(folder, Made(fitness=0.5))
        paper = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
        with paper.capture() as capture:
            paper.print(display)
    (line,) = capture.get().splitlines()
    assert len(line.rstrip()) < width
    assert line.startswith("search: 4/100")
    assert ("1 h 35 min left" in line) == (width >= 40)
    assert ("best 1.41" in line) == (width >= 79)
    assert ("1 one-signed" in line) == (width >= 200)


def test_finished_phases_stay_above_the_line(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, complete; nothing but lines is printed."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    folder = begin(tmp_path / "run")
    with StoreReader.open(folder) as store, ProgressDisplay() as display:
        for name in ("compiling models", "finals: ranking"):
            display.phase(name, 2)
            for done in (1, 2):
                clock.now += 5
                display.advance(done, store)
    written = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue())
    assert "compiling models: 2/2" in written
    assert "finals: ranking: 2/2" in written


def test_a_terminal_that_cannot_go_back_has_lines(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file has: nothing is drawn over."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "dumb")
    with StoreReader.open(begin(tmp_path / "run")) as store, ProgressDisplay() as display:
        display.phase("compiling models", 1)
        clock.now += 5
        display.advance(1, store)
    assert terminal.getvalue().splitlines() == [
        "[    0 s] compiling models: 1 to do",
        "[    5 s] compiling models: 1/1",
    ]
