"""The same configuration and seed give the same database, whoever works and whatever dies."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evosearch.errors import EvosearchError
from evosearch.search import patience, ray_work
from evosearch.search.executor import executor
from evosearch.search.failures import FailureLog, count_failures
from evosearch.search.loop import search
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from evosearch.search.work import Inline, Pending
from tests.support.sampling import sampled
from tests.support.short_search import (
    additions,
    arguments,
    carry_out,
    create,
    reopen,
    short_finals,
    uninterrupted,
)
from tests.support.small_search import Silent, dump

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def _little() -> Iterator[None]:
    with short_finals():
        yield


@pytest.fixture(scope="module", name="whole")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> StoreReader:
    return uninterrupted(tmp_path_factory.mktemp("whole") / "run")


def test_the_search_has_everything_in_it(whole: StoreReader) -> None:
    """Or what follows would show little."""
    text = "\n".join(dump(whole))
    for table in ("candidates", "settings", "evaluations", "rungs", "population", "finalists"):
        assert f'INSERT INTO "{table}"' in text
    for outcome in ("trained", "retuned", "duplicate", "rejected"):
        assert f"'{outcome}'" in text


def test_work_may_come_back_in_any_order(whole: StoreReader, tmp_path: Path) -> None:
    """Here always the latest piece first, as if the others took longer."""

    class Backwards(Inline):
        def __init__(self) -> None:
            super().__init__()
            self.begun: list[Later] = []

        def submit(self, function: Callable[..., Any], *given: Any, **loads: Any) -> Pending[Any]:
            work = Later(self, super().submit(function, *given, **loads))
            self.begun.append(work)
            return work

    class Later:
        def __init__(self, worker: Backwards, work: Pending[Any]) -> None:
            self.worker, self.work = worker, work
            self.value: Any = None

        def result(self) -> Any:
            while self in self.worker.begun:
                latest = self.worker.begun.pop()
                latest.value = latest.work.result()
            return self.value

    with create(tmp_path / "run") as store:
        carry_out(store, Backwards())
    assert dump(store) == dump(whole)


@pytest.mark.ray
@pytest.mark.filterwarnings("ignore:a worker")  # on a busy machine one may seem to hang
@pytest.mark.parametrize("workers", sampled([2, 1, 4], 3))
def test_the_number_of_workers_changes_nothing(
    whole: StoreReader, tmp_path: Path, workers: int
) -> None:
    """Candidates, losses, scores, population and finals are those of this process: all tables."""
    with executor(workers, None, additions()) as ready, create(tmp_path / "run") as store:
        carry_out(store, ready)
    assert dump(store) == dump(whole)


@pytest.mark.parametrize("seed", sampled(["0", "4242"], 2))
def test_the_seed_of_hashes_changes_nothing(whole: StoreReader, tmp_path: Path, seed: str) -> None:
    """Python's own, on which the order of a set of texts depends; here it is a random one."""
    drive(tmp_path, PYTHONHASHSEED=seed)
    with StoreReader.open(tmp_path / "whole") as store:
        assert dump(store) == dump(whole)


@pytest.mark.parametrize("kills", sampled([2, 12], 2))
def test_a_driver_may_be_killed_anywhere(whole: StoreReader, tmp_path: Path, kills: int) -> None:
    """At points from the first statement to the finals, most of them within a transaction; each
    search is gone on with to the same tables.
    """
    told = drive(tmp_path, "--kills", f"{kills}").splitlines()
    places = [int(line.split()[0]) for line in told]
    assert places == sorted(set(places))
    assert len({line.split()[1] for line in told}) > 1
    assert len(places) == kills
    for number in range(len(places)):
        with StoreReader.open(tmp_path / f"cut {number}") as store:
            assert dump(store) == dump(whole), told[number]


def drive(folder: Path, *arguments: str, **variables: str) -> str:
    """Carries searches out in another process; gives its output."""
    command = [sys.executable, "-m", "tests.support.short_search", str(folder), *arguments]
    known = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        command, env=known, check=True, stdout=subprocess.PIPE, text=True, timeout=400
    ).stdout


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.filterwarnings("ignore:a worker")
def test_workers_that_die_or_stop_change_nothing_and_are_counted(
    whole: StoreReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is killed and one is stopped in mid-search; beside the tables it is told how many."""
    monkeypatch.setattr(patience, "_LEAST", 15.0)
    monkeypatch.setattr(ray_work, "SETTING_UP", 30.0)  # of the one that takes the other's place
    folder = tmp_path / "run"
    struck: list[int] = []

    class Striking:
        """Hits whoever has just been given a piece of work: one that is idle is not missed."""

        def submit(self, function: Callable[..., Any], *given: Any, **loads: Any) -> Pending[Any]:
            work = ready.submit(function, *given, **loads)
            both = zip(ready._actors, ready.places(), strict=True)  # type: ignore[attr-defined]
            for victim in [place.process for actor, place in both if actor.work is work]:
                if len(struck) < 2 and victim not in struck and has(folder, "block = 1"):
                    os.kill(victim, signal.SIGSTOP if struck else signal.SIGKILL)
                    struck.append(victim)
            return work

    with (
        executor(2, None, additions(), note=FailureLog(folder).note) as ready,
        create(folder) as store,
    ):
        search(store, Striking(), Silent(), tmp_path / "yardsticks")
    assert dump(store) == dump(whole)
    counts = count_failures(folder)
    assert counts["died"] >= 1
    assert counts["hung"] >= 1
    assert counts["repeated"] >= 2
    assert counts["given_up"] == 0


@pytest.mark.slow
@pytest.mark.ray
def test_a_driver_that_is_killed_leaves_no_process_of_ray(
    whole: StoreReader, tmp_path: Path
) -> None:
    """And its run is gone on with, here by this process, to the same tables."""
    folder = tmp_path / "run"
    mark = f"EVOSEARCH_TEST={uuid.uuid4()}"
    name, _, value = mark.partition("=")
    driver = subprocess.Popen(
        [sys.executable, "-m", "evosearch", *arguments(tmp_path), "--workers", "2"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), name: value},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert waited(lambda: has(folder, "block = 3"))
        assert len(marked(mark)) > 3, "Ray and its workers run"
    finally:
        driver.kill()
        driver.wait()
    assert waited(lambda: not marked(mark)), marked(mark)
    with executor(0) as ready, reopen(folder) as store:
        assert not store.done
        search(store, ready, Silent(), tmp_path / "runs" / "yardsticks")
    assert dump(store) == dump(whole)


def waited(condition: Callable[[], bool]) -> bool:
    """Waits until a condition holds; tells whether it ever did."""
    deadline = time.monotonic() + 120
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def has(folder: Path, condition: str) -> bool:
    """Tells whether a run has candidates of which a condition holds."""
    try:
        with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True)) as database:
            rows = database.execute(f"SELECT COUNT(*) FROM candidates WHERE {condition}")
            return bool(rows.fetchone()[0])
    except sqlite3.Error:
        return False


def marked(mark: str) -> list[str]:
    """The command lines of processes, no zombies, that inherited an environment variable."""
    listed = []
    for process in Path("/proc").iterdir():
        try:
            if mark.encode() in (process / "environ").read_bytes().split(b"\0"):
                listed.append((process / "cmdline").read_text().replace("\0", " ")[:80])
        except OSError:  # not a process, or gone
            continue
    return listed


def test_a_folder_that_vanishes_is_told_in_a_line(tmp_path: Path) -> None:
    """While the search goes on; there is nothing left to write into."""
    folder = tmp_path / "run"

    class Removing(Silent):
        def advance(self, done: int, store: StoreReader) -> None:
            super().advance(done, store)
            if self.phases[-1] == "search":
                shutil.rmtree(folder)

    with (
        executor(0) as ready,
        create(folder) as store,
        pytest.raises(EvosearchError, match=r"run\.sqlite: it was removed or replaced while"),
    ):
        search(store, ready, Removing(), tmp_path / "yardsticks")
    assert not folder.exists()
