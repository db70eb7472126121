"""The curves that are written for TensorBoard while a search goes on."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evosearch.cli import scalars
from evosearch.cli.scalars import Scalars, open_scalars, require_tensorboard
from evosearch.errors import EvosearchError
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from tests.support.kept_scalars import KeptScalars
from tests.support.made_candidates import Made, add, begin, rejected


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
    monkeypatch.setattr(scalars, "time", clock)
    return clock


@pytest.fixture
def store(recorded: Path) -> Iterator[StoreReader]:
    """A run in which two candidates were trained."""
    with StoreReader.open(recorded) as store:
        yield store


def count(store: StoreReader, condition: str) -> int:
    """The candidates for which a condition holds, as SQLite counts them."""
    with closing(sqlite3.connect(store.folder / DATABASE)) as database:
        (number,) = database.execute(
            f"SELECT COUNT(*) FROM candidates WHERE {condition}"
        ).fetchone()
    return int(number)


def test_a_point_of_each_curve(store: StoreReader) -> None:
    """At the number of tunings that are done; the best score is the speed-up."""
    writer = KeptScalars()
    with Scalars(writer) as watched:
        watched.phase("search", 10)
        watched.advance(2, store)
        assert not writer.closed
    assert writer.closed
    bred = count(store, "1")
    assert {tag: (value, step) for tag, value, step in writer.points} == {
        "search/evaluations": (2, 2),
        "search/best score": (2.0, 2),
        "search/rejected share": (count(store, "outcome = 'rejected'") / bred, 2),
        "search/cached share": (count(store, "outcome = 'duplicate'") / bred, 2),
    }


def watch(writer: KeptScalars, clock: Clock, folder: Path, *blocks: tuple[int, int, int]) -> None:
    """Tells of blocks, each (tunings done, candidates in the store, tuned in it), 30 s each."""
    bred = tuned = 0
    begin(folder)
    with StoreReader.open(folder) as growing:
        watched = Scalars(writer)
        watched.phase("search", 100)
        for done, bred_then, tuned_then in blocks:
            new = tuned_then - tuned
            others = bred_then - bred - new
            add(folder, *[Made()] * new, *[rejected("one-signed")] * others)
            bred, tuned = bred_then, tuned_then
            clock.now += 30
            watched.advance(done, growing)


def test_the_pace_is_measured_from_the_first_block_on(clock: Clock, tmp_path: Path) -> None:
    """12 and then 20 more candidates in half a minute each: 24 a minute, then 32 on average."""
    writer = KeptScalars()
    watch(writer, clock, tmp_path / "run", (1, 1, 1), (5, 13, 5), (9, 33, 9))
    assert writer.curve("search/candidates per minute") == {5: 24.0, 9: 32.0}
    assert writer.curve("search/rejected share") == {1: 0.0, 5: 8 / 13, 9: 24 / 33}


def test_a_resumed_search_goes_on_with_its_curves(clock: Clock, tmp_path: Path) -> None:
    """The first block brings what was there before into view, which has no pace."""
    writer = KeptScalars()
    watch(writer, clock, tmp_path / "run", (9, 33, 9), (11, 53, 11))
    assert writer.curve("search/evaluations") == {9: 9, 11: 11}
    assert writer.curve("search/candidates per minute") == {11: 40.0}


def test_other_phases_have_no_curves(store: StoreReader) -> None:
    """Before the search and in the finals nothing is written."""
    writer = KeptScalars()
    watched = Scalars(writer)
    for phase in ("compiling models", "finals: ranking"):
        watched.phase(phase, 2)
        watched.advance(2, store)
    assert writer.points == []


def test_a_full_disk_does_not_end_a_search(
    store: StoreReader, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said once, and nothing more is tried."""

    class Full(KeptScalars):
        def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
            super().add_scalar(tag, scalar_value, global_step)
            raise OSError("No space left on device")

    writer = Full()
    with Scalars(writer) as watched:
        watched.phase("search", 10)
        watched.advance(2, store)
        watched.advance(3, store)
    assert len(writer.points) == 1
    assert capsys.readouterr().err == (
        "evosearch: --tensorboard: No space left on device; nothing more is written there\n"
    )


def test_the_package_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where it is not installed, before anything is written."""
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    for function in (require_tensorboard, open_scalars):
        with pytest.raises(EvosearchError, match=r"needs the package tensorboard .*pip install"):
            function(tmp_path / "curves")
    assert not (tmp_path / "curves").exists()


def test_a_file_is_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is refused before the search begins; a folder that is there or not is taken."""
    monkeypatch.setattr(scalars, "_writer_class", lambda: KeptScalars)
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(EvosearchError, match=r"file: not a folder; choose another --tensorboard"):
        require_tensorboard(tmp_path / "file")
    require_tensorboard(tmp_path)
    require_tensorboard(tmp_path / "new")


def test_tensorboard_reads_the_curves(store: StoreReader, tmp_path: Path) -> None:
    """By its own reader of event files."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with open_scalars(tmp_path / "curves") as watched:
        watched.phase("search", 10)
        watched.advance(2, store)
    events = EventAccumulator(str(tmp_path / "curves"))
    events.Reload()
    assert set(events.Tags()["scalars"]) == {
        "search/evaluations",
        "search/best score",
        "search/rejected share",
        "search/cached share",
    }
    (point,) = events.Scalars("search/best score")
    assert (point.step, point.value) == (2, 2.0)
