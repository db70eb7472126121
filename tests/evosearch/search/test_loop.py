"""The whole search on the smallest of real tasks: the same however it is carried out."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from evosearch.errors import EvosearchError
from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from tests.support.small_search import (
    VALUES,
    Interrupting,
    Silent,
    copy_database,
    create,
    rows,
    yardstick_folder,
)


def test_a_search_fills_its_store(finished: StoreReader) -> None:
    """As many trainings as asked for, counted with what was rejected and found in the cache."""
    counts = finished.counts()
    assert finished.done
    assert counts["trained"] + counts["remeasured"] == 26
    parts = [counts[name] for name in ("trained", "remeasured", "cached")]
    assert counts["generated"] == sum(parts) + sum(counts["rejected"].values())
    assert counts["rejected"]
    assert counts["cached"] + counts["remeasured"] > 0


def test_the_start_rule_scores_one_against_itself(finished: StoreReader) -> None:
    """AdamW with the candidates' seeds and rates is as fast as tuned AdamW."""
    assert finished.candidate(0).score == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("results", [0, 2, 4, 6])
def test_an_interrupted_search_resumes_to_the_same_rows(
    finished: StoreReader, tmp_path: Path, results: int
) -> None:
    """Wherever Ctrl-C strikes, also in the finals, the end is the same database."""
    with executor(0) as ready:
        with create(tmp_path / "run") as store:
            with pytest.raises(KeyboardInterrupt):
                search(store, Interrupting(ready, results), Silent(), yardstick_folder(finished))
            assert not store.done
        with StoreWriter.open(tmp_path / "run") as store:
            search(store, ready, Silent(), yardstick_folder(finished))
    assert rows(store) == rows(finished)


@pytest.mark.ray
def test_ray_actors_give_the_same_rows(finished: StoreReader, tmp_path: Path) -> None:
    """Candidates, losses and scores agree to the last bit with those of one process."""
    with executor(2) as ready, create(tmp_path / "run") as store:
        search(store, ready, Silent(), yardstick_folder(finished))
    assert rows(store) == rows(finished)


def test_a_killed_search_resumes_to_the_same_rows(finished: StoreReader, tmp_path: Path) -> None:
    """SIGKILL in mid-search, through the command line, loses nothing that was committed."""
    folder = tmp_path / "run"
    settings = [f"--set={key}={value}" for key, value in VALUES.items()]
    shutil.copytree(yardstick_folder(finished), tmp_path / "runs" / "yardsticks")
    command = [sys.executable, "-m", "evosearch"]
    process = subprocess.Popen(
        [*command, "search", *settings, "--out", str(folder)],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not _has_rows(folder):
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with StoreReader.open(folder) as store:
        assert store.blocks() > 0
    resume = [*command, "resume", str(folder)]
    subprocess.run(resume, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    assert rows(store) == rows(finished)


def _has_rows(folder: Path) -> bool:
    try:
        path = f"file:{folder / DATABASE}?mode=ro"
        with closing(sqlite3.connect(path, uri=True)) as database:
            return bool(database.execute("SELECT COUNT(*) FROM candidates").fetchone()[0])
    except sqlite3.Error:
        return False


def test_resuming_refuses_a_run_that_cannot_be_bred_again(
    finished: StoreReader, tmp_path: Path
) -> None:
    """A store whose candidates differ from what its configuration breeds is another search's."""
    copy_database(finished, tmp_path, "UPDATE candidates SET digest = 'other' WHERE id = 3")
    with (
        executor(0) as ready,
        StoreWriter.open(tmp_path) as store,
        pytest.raises(EvosearchError, match="cannot be bred again as it was stored"),
    ):
        search(store, ready, Silent(), yardstick_folder(finished))
