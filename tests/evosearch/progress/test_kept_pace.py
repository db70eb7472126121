"""What a run's folder says of how far the run is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from evosearch.progress import kept_pace
from evosearch.progress.kept_pace import KeptPace, standing
from evosearch.search.store_reader import StoreReader


class Clock:
    """A clock that is put on by hand; both of its readings go alike."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


def test_the_end_is_foretold_from_the_last_minutes(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four in 40 s of 100: 96 take 16 minutes more, of which some have passed when one looks."""
    clock = Clock()
    monkeypatch.setattr(kept_pace, "time", clock)
    watched = KeptPace(tmp_path)
    assert standing(tmp_path) is None
    with StoreReader.open(recorded) as store:
        watched.phase("search", 100)
        first = standing(tmp_path)
        assert first is not None
        assert (first.phase, first.done, first.total, first.left()) == ("search", 0, 100, None)
        watched.advance(0, store)
        for done in (1, 2, 3, 4):
            clock.now += 10
            watched.advance(done, store)
    told = standing(tmp_path)
    assert told is not None
    assert (told.done, told.left()) == (4, 960)
    clock.now += 60
    assert told.left() == 900
    clock.now += 5000
    assert told.left() == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"phase": "search"}', "\0"])
def test_a_damaged_file_is_as_none(text: str, tmp_path: Path) -> None:
    """Nobody fails over it."""
    (tmp_path / "pace.json").write_text(text, encoding="utf-8")
    assert standing(tmp_path) is None


def test_a_folder_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    """The database is what matters, and says so itself."""
    watched = KeptPace(tmp_path / "gone")
    watched.phase("search", 100)
    assert time.monotonic() > 0
    assert standing(tmp_path / "gone") is None
