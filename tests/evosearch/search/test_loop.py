"""The whole search on the smallest of real tasks: the same however it is carried out."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import deque
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from evosearch.errors import EvosearchError
from evosearch.language.library import known_rule
from evosearch.language.parser import parse
from evosearch.language.printer import to_text
from evosearch.scoring.rounds import fresh_seeds, tuning_seeds
from evosearch.search.candidate import Candidate
from evosearch.search.config_values import make_config
from evosearch.search.evolution import Evolution
from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.memory import Memory
from evosearch.search.schema import DATABASE, HAS_RESULT, REPORT, STATE
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


def test_an_interrupted_search_resumes_to_the_same_database(
    finished: StoreReader, tmp_path: Path
) -> None:
    """Wherever Ctrl-C strikes, at once, in the middle, in the finals, the end is the same."""
    create(tmp_path / "run").close()
    with executor(0) as ready:
        for results in (0, 4, 4):
            with StoreWriter.open(tmp_path / "run") as store:
                with pytest.raises(KeyboardInterrupt):
                    search(
                        *(store, Interrupting(ready, results), Silent()),
                        yardstick_folder(finished),
                    )
                assert not store.done
        with StoreWriter.open(tmp_path / "run") as store:
            search(store, ready, Silent(), yardstick_folder(finished))
    assert dump(store) == dump(finished)


@pytest.mark.slow
def test_several_populations_resume_to_the_same_database(
    finished: StoreReader, tmp_path: Path
) -> None:
    """With travellers and restarts, wherever Ctrl-C strikes, and from two start rules."""
    values = {**VALUES, "populations": 2, "migrate_after": 2, "restart_after": 4}
    start = finished.start + to_text(known_rule("signum"))

    def begun(name: str) -> StoreWriter:
        return StoreWriter.create(tmp_path / name, make_config(values, "test"), start)

    with executor(0) as ready:
        with begun("whole") as whole:
            search(whole, ready, Silent(), yardstick_folder(finished))
            progress = whole.memory.progress
        begun("cut").close()
        for results in range(2, 6):
            with StoreWriter.open(tmp_path / "cut") as store, suppress(KeyboardInterrupt):
                search(store, Interrupting(ready, results), Silent(), yardstick_folder(finished))
        with StoreWriter.open(tmp_path / "cut") as store:
            search(store, ready, Silent(), yardstick_folder(finished))
    assert dump(store) == dump(whole)
    assert progress is not None
    assert any(island["restarts"] for island in progress["islands"])


@pytest.mark.slow
@pytest.mark.parametrize("values", [{"candidates": 20}, {"target": 0.5}])
def test_other_budgets_end_a_search(
    finished: StoreReader, tmp_path: Path, values: dict[str, Any]
) -> None:
    """What it has by then is the beginning of the search without them."""
    config = make_config({**VALUES, **values}, "test")
    with (
        executor(0) as ready,
        StoreWriter.create(tmp_path / "run", config, finished.start) as store,
    ):
        search(store, ready, Silent(), yardstick_folder(finished))
        assert store.done
        own = store.candidates()
    assert 0 < len(own) < len(finished.candidates())
    assert own == finished.candidates(f"id < {len(own)}")


@pytest.mark.slow
def test_a_search_that_has_had_enough_goes_to_the_finals(
    finished: StoreReader, tmp_path: Path
) -> None:
    """And is done: what is resumed breeds no more."""
    with executor(0) as ready, create(tmp_path / "run") as store:
        turns = iter(range(100))
        enough = lambda: next(turns) >= 3  # noqa: E731
        search(store, ready, Silent(), yardstick_folder(finished), enough)
        assert store.done
        assert store.finalists(REPORT)
        own = store.candidates()
        assert own == finished.candidates(f"id < {len(own)}")
        before = dump(store)
        search(store, ready, Silent(), yardstick_folder(finished))
        assert dump(store) == before


@pytest.mark.slow
def test_the_same_search_gives_the_same_database(finished: StoreReader, tmp_path: Path) -> None:
    """Settings, constants, losses and finals, to the last bit."""
    with executor(0) as ready, create(tmp_path / "run") as store:
        search(store, ready, Silent(), yardstick_folder(finished))
    assert dump(store) == dump(finished)
    for table in ("settings", "evaluations", "finalists"):
        assert any(line.startswith(f'INSERT INTO "{table}"') for line in dump(store))


@pytest.mark.slow
def test_a_killed_search_resumes_to_the_same_database(
    finished: StoreReader, tmp_path: Path
) -> None:
    """SIGKILL in mid-search, through the command line, loses nothing that was committed."""
    folder, condition = tmp_path / "run", "outcome = 'retuned'"
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


@pytest.mark.slow
def test_a_limit_in_replica_steps_ends_a_search(finished: StoreReader, tmp_path: Path) -> None:
    """No block is bred once what is in training will reach it; the blocks before are the same.

    What was spent in the end misses the limit by less than a block takes, either way.
    """
    by_block: dict[int, int] = {}
    for one in finished.candidates(HAS_RESULT):
        by_block[one.block] = by_block.get(one.block, 0) + finished.result(one).spent
    spent = [by_block[block] for block in sorted(by_block)]
    limit = sum(spent[:3])
    values = {**VALUES, "replica_steps": limit}
    with (
        executor(0) as ready,
        StoreWriter.create(tmp_path / "run", make_config(values, "test"), finished.start) as store,
    ):
        search(store, ready, Silent(), yardstick_folder(finished))
        assert store.done
        blocks = store.candidates()[-1].block + 1
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


def test_resuming_refuses_a_run_of_another_version(finished: StoreReader, tmp_path: Path) -> None:
    """It might breed otherwise, and the result would be that of neither version."""
    other = """replace(value, '"evosearch": "', '"evosearch": "9.')"""
    change = (
        f"UPDATE meta SET value = {other} WHERE key = 'circumstances'; "
        "UPDATE meta SET value = 'searching' WHERE key = 'state'"
    )
    copy_database(finished, tmp_path, change)
    with (
        executor(0) as ready,
        StoreWriter.open(tmp_path) as store,
        pytest.raises(
            EvosearchError, match=r"begun with evosearch 9\..*resume it with that version"
        ),
    ):
        search(store, ready, Silent(), yardstick_folder(finished))


def test_what_is_remembered_is_what_breeding_anew_gives(finished: StoreReader) -> None:
    """From the configuration and the results alone, all of the search's state comes out again."""
    config = finished.config
    memory = Memory.in_ram()
    evolution = Evolution(config, [parse(finished.start)], memory)
    in_flight: deque[list[Candidate]] = deque()
    while True:
        if block := evolution.next_block():
            in_flight.append(block)
            stored = finished.candidates(f"block = {block[0].block}")
            assert [one.id for one in stored] == [one.id for one in block]
            assert [one.text for one in stored] == [to_text(one.program) for one in block]
            assert [one.outcome for one in stored] == [one.outcome for one in block]
        if not in_flight:
            break
        if len(in_flight) == config.lag or evolution.exhausted:
            block = in_flight.popleft()
            tuned = [finished.candidate(one.id) for one in block if one.entrant]
            evolution.commit(block, {one.id: finished.result(one) for one in tuned})
    with closing(sqlite3.connect(finished.folder / DATABASE)) as database:
        for table in re.findall(r"CREATE TABLE (\w+)", STATE):
            query = f"SELECT * FROM {table}"
            assert memory._db.execute(query).fetchall() == database.execute(query).fetchall(), table
        assert memory.progress == Memory(database).progress
