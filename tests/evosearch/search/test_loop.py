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
from evosearch.scoring.rounds import fresh_seeds, tuning_seeds
from evosearch.search.config import make_config
from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.schema import DATABASE, HAS_RESULT, REPORT
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Inline
from tests.support.small_search import (
    VALUES,
    Interrupting,
    Silent,
    copy_database,
    create,
    dump,
    yardstick_folder,
)


def test_a_search_fills_its_store(finished: StoreReader) -> None:
    """As many tunings as asked for, counted with what was rejected and found in the cache."""
    counts = finished.counts()
    assert finished.done
    assert counts["trained"] + counts["retuned"] == VALUES["evaluations"]
    parts = [counts[name] for name in ("trained", "retuned", "cached")]
    assert counts["generated"] == sum(parts) + sum(counts["rejected"].values())
    assert counts["rejected"]
    assert counts["cached"] > 0
    assert counts["retuned"] > 0


def test_further_rounds_are_on_the_next_rounds_seeds(finished: StoreReader) -> None:
    """With its settings to start from, so that the fitness is that of seeds that chose nothing."""
    for row in finished.candidates(HAS_RESULT):
        assert row.round is not None
        seeds = {e.seed for e in finished.evaluations(row.id)}
        tuning, fresh = tuning_seeds(row.round, 1), fresh_seeds(row.round, 1)
        assert seeds <= {*tuning, *fresh}
        assert not row.cleared or seeds == {*tuning, *fresh}


def test_a_structure_is_tuned_in_its_constants(finished: StoreReader) -> None:
    """And not in them alone: rates differ too. Where a rule is stopped early, little is stored."""
    cleared = [finished.evaluations(c.id) for c in finished.candidates("cleared = 1")]
    assert sum(len({e.constants for e in own}) > 1 for own in cleared) > len(cleared) / 2
    assert sum(len({e.rate for e in own}) > 1 for own in cleared) > len(cleared) / 2


def test_the_start_rule_is_near_tuned_adamw(finished: StoreReader) -> None:
    """Which it is itself, tuned with less: not far from 1, be it on few seeds."""
    assert finished.candidate(0).score == pytest.approx(1.0, rel=0.3)


@pytest.mark.parametrize("results", [0, 2, 4, 6, 8])
def test_an_interrupted_search_resumes_to_the_same_database(
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
    assert dump(store) == dump(finished)


def test_the_same_search_gives_the_same_database(finished: StoreReader, tmp_path: Path) -> None:
    """Settings, constants, losses and finals, to the last bit."""
    with executor(0) as ready, create(tmp_path / "run") as store:
        search(store, ready, Silent(), yardstick_folder(finished))
    assert dump(store) == dump(finished)
    for table in ("settings", "evaluations", "finalists"):
        assert any(line.startswith(f'INSERT INTO "{table}"') for line in dump(store))


@pytest.mark.ray
def test_ray_actors_give_the_same_database(finished: StoreReader, tmp_path: Path) -> None:
    """Candidates, losses and scores agree to the last bit with those of one process."""
    with executor(2) as ready, create(tmp_path / "run") as store:
        search(store, ready, Silent(), yardstick_folder(finished))
    assert dump(store) == dump(finished)


@pytest.mark.parametrize("condition", ["block = 1", "outcome = 'retuned'"])
def test_a_killed_search_resumes_to_the_same_database(
    finished: StoreReader, tmp_path: Path, condition: str
) -> None:
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
    while time.monotonic() < deadline and not _has(folder, condition):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with StoreReader.open(folder) as store:
        assert store.candidates(condition)
    resume = [*command, "resume", str(folder)]
    subprocess.run(resume, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    assert dump(store) == dump(finished)


def _has(folder: Path, condition: str) -> bool:
    try:
        path = f"file:{folder / DATABASE}?mode=ro"
        with closing(sqlite3.connect(path, uri=True)) as database:
            rows = database.execute(f"SELECT COUNT(*) FROM candidates WHERE {condition}")
            return bool(rows.fetchone()[0])
    except sqlite3.Error:
        return False


def test_a_limit_in_replica_steps_ends_a_search(finished: StoreReader, tmp_path: Path) -> None:
    """No block is bred once what is in training will reach it; the blocks before are the same.

    What was spent in the end misses the limit by less than a block takes, either way.
    """
    spent = [
        sum(result.spent for result in finished.results(block).values())
        for block in range(finished.blocks())
    ]
    limit = sum(spent[:3])
    values = {**VALUES, "replica_steps": limit}
    with (
        executor(0) as ready,
        StoreWriter.create(tmp_path / "run", make_config(values, "test"), finished.start) as store,
    ):
        search(store, ready, Silent(), yardstick_folder(finished))
        assert store.done
        blocks = store.blocks()
        assert store.candidates() == finished.candidates(f"block < {blocks}")
        assert store.counts()["replica_steps"] == sum(spent[:blocks])
        assert abs(sum(spent[:blocks]) - limit) < max(spent)
        assert store.finalists(REPORT)
    with StoreWriter.open(tmp_path / "run") as again:
        before = dump(again)
        search(again, Inline(), Silent(), yardstick_folder(finished))
        assert dump(again) == before


def test_a_search_that_can_go_nowhere_ends(finished: StoreReader, tmp_path: Path) -> None:
    """A rule without constants, where nothing but constants mutates, has no children."""
    values = {**VALUES, "mutations": ["modify-constant"], "tunes_constants": False}
    start = "def start(g):\n    return sign(g)\n"
    config = make_config(values, "test")
    with StoreWriter.create(tmp_path / "run", config, start) as store:
        search(store, Inline(), Silent(), yardstick_folder(finished))
        assert (store.done, store.counts()["trained"]) == (True, 1)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE candidates SET digest = 'other' WHERE id = 3",
        "UPDATE candidates SET outcome = 'duplicate' WHERE outcome = 'retuned'",
    ],
)
def test_resuming_refuses_a_run_that_cannot_be_bred_again(
    finished: StoreReader, tmp_path: Path, change: str
) -> None:
    """A store whose candidates differ from what its configuration breeds is another search's."""
    copy_database(finished, tmp_path, change)
    with (
        executor(0) as ready,
        StoreWriter.open(tmp_path) as store,
        pytest.raises(EvosearchError, match="cannot be bred again as it was stored"),
    ):
        search(store, ready, Silent(), yardstick_folder(finished))
