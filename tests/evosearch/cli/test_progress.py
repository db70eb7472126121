"""How a search's progress is shown elsewhere than on a terminal: plain lines, not too many."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evosearch.cli import progress
from evosearch.cli.progress import ProgressDisplay
from evosearch.search.store_reader import StoreReader


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_phases_and_steps_are_told_in_lines(
    recorded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most one every ten seconds, and always the last; the search says how it goes."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
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
        r"\[   20 s\] search: 1/100, \d+ generated, \d+ rejected, \d+ cached, best 2\.00", lines[-1]
    )
