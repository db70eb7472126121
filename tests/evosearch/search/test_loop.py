"""The whole search on the smallest of real tasks: the same however it is carried out."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evosearch.errors import EvosearchError
from evosearch.language.library import known_rule
from evosearch.language.printer import to_text
from evosearch.reports.leaderboard import leaderboard
from evosearch.reports.replay import replay
from evosearch.search.config import SearchConfig, make_config
from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.store import RANKING, REPORT, Store
from evosearch.search.work import Executor, Pending

VALUES = {
    "tasks": ["digit_images"],
    "evaluations": 26,
    "rung_quantile": 0.4,
    "compile": False,
    "population": 12,
    "block": 5,
    "seeds": 1,
    "remeasure_after": 1,
    "finalists": 2,
    "fresh_seeds": 2,
}


class Silent:
    """An observer that keeps the stages it was told of."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.done: list[int] = []

    def stage(self, name: str, total: int) -> None:
        self.stages.append(name)
        assert total > 0

    def advance(self, done: int, store: Store) -> None:  # noqa: ARG002  # the observer's signature
        self.done.append(done)


class Interrupting:
    """Passes work on until `limit` results were asked for; then the user presses Ctrl-C."""

    def __init__(self, inner: Executor, limit: int) -> None:
        self._inner, self._left = inner, limit

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Pending[Any]:
        outer, work = self, self._inner.submit(function, *arguments)

        class Counted:
            def result(self) -> Any:
                outer._left -= 1
                if outer._left < 0:
                    raise KeyboardInterrupt
                return work.result()

        return Counted()


def config() -> SearchConfig:
    return make_config(VALUES, "test")


def create(folder: Path) -> Store:
    return Store.create(folder, config(), to_text(known_rule("adamw")))


def rows(store: Store) -> dict[str, list[Any]]:
    """Everything in the database."""
    database = sqlite3.connect(store.folder / "run.sqlite")
    tables = ("meta", "yardsticks", "candidates", "evaluations", "rungs", "finalists")
    return {
        table: database.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
        for table in tables
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An uninterrupted search in this process."""
    folder = tmp_path_factory.mktemp("runs")
    store = create(folder / "whole")
    with executor(0) as ready:
        search(store, ready, Silent(), folder / "yardsticks")
    yield store
    store.close()


def yardsticks(store: Store) -> Path:
    return store.folder.parent / "yardsticks"


def test_a_search_fills_its_store(finished: Store) -> None:
    """As many trainings as asked for, counted with what was rejected and found in the cache."""
    counts = finished.counts()
    assert finished.done
    assert counts["trained"] + counts["remeasured"] == 26
    parts = [counts[name] for name in ("trained", "remeasured", "cached")]
    assert counts["generated"] == sum(parts) + sum(counts["rejected"].values())
    assert counts["rejected"]
    assert counts["cached"] + counts["remeasured"] > 0


def test_a_rule_that_the_cache_was_asked_for_is_ranked_by_all_its_trainings(
    finished: Store,
) -> None:
    """Trained again on other seeds, it stands with the mean of what each training gave."""
    again = finished.candidates("outcome = 'remeasured'")
    assert again
    by_id = {row.id: row for row in finished.trained()}
    for row in again:
        members = finished.candidates(f"twin = {row.twin} AND outcome IN ('trained', 'remeasured')")
        seeds = [{e.seed for e in finished.evaluations(member.id)} for member in members]
        assert sum(map(len, seeds)) == len(set().union(*seeds)) == len(members)
        own = [member.fitness for member in members]
        assert by_id[row.twin].fitness == pytest.approx(sum(own) / len(own))


def test_the_start_rule_scores_one_against_itself(finished: Store) -> None:
    """AdamW with the candidates' seeds and rates is as fast as tuned AdamW."""
    assert finished.candidate(0).score == pytest.approx(1.0, abs=0.15)


def test_the_finals_use_seeds_that_the_search_did_not(finished: Store) -> None:
    """Search, ranking and report share no seed, and the report's rates come from the ranking."""
    seeds = {}
    for stage in ("search", RANKING, REPORT):
        found = [e for n, _ in finished.finalists(REPORT) for e in finished.evaluations(n, stage)]
        seeds[stage] = {e.seed for e in found}
        assert found
    assert not seeds["search"] & seeds[RANKING]
    assert not seeds[RANKING] & seeds[REPORT]
    for number, _ in finished.finalists(REPORT):
        tuned = {e.rate for e in finished.evaluations(number, RANKING)}
        assert len({e.rate for e in finished.evaluations(number, REPORT)}) == 1
        assert {e.rate for e in finished.evaluations(number, REPORT)} <= tuned


def test_the_leaderboard_puts_fresh_measurements_first(finished: Store) -> None:
    """Rules measured on fresh seeds lead, and carry an interval around their score."""
    entries = leaderboard(finished, 5)
    assert len(entries) == 5
    measured = [entry.interval is not None for entry in entries]
    assert measured == sorted(measured, reverse=True)
    assert measured[0]
    for entry in entries:
        if entry.interval is not None:
            assert entry.interval[0] <= entry.score <= entry.interval[1]


@pytest.mark.parametrize("results", [0, 2, 4, 6])
def test_an_interrupted_search_resumes_to_the_same_rows(
    finished: Store, tmp_path: Path, results: int
) -> None:
    """Wherever Ctrl-C strikes, also in the finals, the end is the same database."""
    store = create(tmp_path / "run")
    with executor(0) as ready:
        with pytest.raises(KeyboardInterrupt):
            search(store, Interrupting(ready, results), Silent(), yardsticks(finished))
        assert not store.done
        store.close()
        store = Store.open(tmp_path / "run")
        search(store, ready, Silent(), yardsticks(finished))
    assert rows(store) == rows(finished)


@pytest.mark.ray
def test_ray_actors_give_the_same_rows(finished: Store, tmp_path: Path) -> None:
    """Candidates, losses and scores agree to the last bit with those of one process."""
    store = create(tmp_path / "run")
    with executor(2) as ready:
        search(store, ready, Silent(), yardsticks(finished))
    assert rows(store) == rows(finished)


def test_a_killed_search_resumes_to_the_same_rows(finished: Store, tmp_path: Path) -> None:
    """SIGKILL in mid-search, through the command line, loses nothing that was committed."""
    folder = tmp_path / "run"
    settings = [f"--set={key}={value}" for key, value in VALUES.items()]
    yardsticks(finished).rename(tmp_path / "yardsticks")
    command = [sys.executable, "-m", "evosearch"]
    process = subprocess.Popen(
        [*command, "search", *settings, "--out", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not _has_rows(folder):
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    store = Store.open(folder)
    assert store.blocks() > 0
    store.close()
    subprocess.run([*command, "resume", str(folder)], check=True, capture_output=True, timeout=300)
    (tmp_path / "yardsticks").rename(yardsticks(finished))
    assert rows(Store.open(folder)) == rows(finished)


def _has_rows(folder: Path) -> bool:
    try:
        database = sqlite3.connect(f"file:{folder / 'run.sqlite'}?mode=ro", uri=True)
        return bool(database.execute("SELECT COUNT(*) FROM candidates").fetchone()[0])
    except sqlite3.Error:
        return False


def test_replay_agrees_to_the_last_bit_and_notices_a_changed_loss(
    finished: Store, tmp_path: Path
) -> None:
    """A stored loss that is off by one part in ten thousand does not pass."""
    results = list(replay(finished, [0, 1]))
    assert all(result.identical == result.runs for result in results)
    copy = sqlite3.connect(tmp_path / "run.sqlite")
    sqlite3.connect(finished.folder / "run.sqlite").backup(copy)
    copy.execute("UPDATE evaluations SET loss = loss * 1.0001 WHERE candidate = 1 AND seed = 0")
    copy.commit()
    tampered = {r.candidate: r.agrees for r in replay(Store.open(tmp_path), [0, 1])}
    assert tampered == {0: True, 1: False}


def test_resuming_refuses_a_run_that_cannot_be_bred_again(finished: Store, tmp_path: Path) -> None:
    """A store whose candidates differ from what its configuration breeds is another search's."""
    copy = sqlite3.connect(tmp_path / "run.sqlite")
    sqlite3.connect(finished.folder / "run.sqlite").backup(copy)
    copy.execute("UPDATE candidates SET digest = 'other' WHERE id = 3")
    copy.commit()
    with (
        executor(0) as ready,
        pytest.raises(EvosearchError, match="cannot be bred again as it was stored"),
    ):
        search(Store.open(tmp_path), ready, Silent(), yardsticks(finished))


def test_a_run_folder_in_use_is_refused(finished: Store) -> None:
    """A new search never writes into an old one's folder."""
    with pytest.raises(EvosearchError, match="not empty; choose another --out"):
        create(finished.folder)
