"""The finals of a search: which candidates, which seeds, which rates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evosearch.scoring.remeasurement import tune_again
from evosearch.scoring.setting import Setting
from evosearch.scoring.yardstick import BUDGET, MeasuredTask
from evosearch.search.checks import Checks
from evosearch.search.finals import run_finals
from evosearch.search.schema import BASELINE_ID, HAS_RESULT, RANKING, REPORT, SEARCH
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Pending
from evosearch.search.yardsticks import RunTasks
from tests.support.small_search import TASK, Silent, copy_database, dump


def test_the_finals_use_seeds_that_the_search_did_not(finished: StoreReader) -> None:
    """Search, ranking and report share no seed, and the report's settings come from the ranking."""
    reported = [number for number, _ in finished.finalists(REPORT)]
    seeds = {
        stage: {e.seed for n in reported for e in finished.evaluations(n, stage)}
        for stage in (SEARCH, RANKING, REPORT)
    }
    assert all(seeds.values())
    assert not seeds[SEARCH] & seeds[RANKING]
    assert not seeds[RANKING] & seeds[REPORT]
    for number in (*reported, BASELINE_ID):
        (chosen,) = finished.settings(number, RANKING).values()
        assert {e.setting for e in finished.evaluations(number, REPORT)} == {chosen}
        assert chosen in {e.setting for e in finished.evaluations(number, RANKING)}


class Asked(Exception):
    """Ends a search once it asks for a result."""


class Noting:
    """Notes what it is asked to do, and does nothing."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def submit(self, function: Callable[..., Any], *arguments: Any, **_loads: Any) -> Pending[Any]:
        self.calls.append((function, *arguments))
        return self

    def result(self) -> Any:
        raise Asked


def test_everybody_is_tuned_again_from_the_best_that_is_known(
    finished: StoreReader, tmp_path: Path
) -> None:
    """AdamW from its yardstick's setting, a finalist from that of its latest round in the search;
    all with one budget, the usual one at least.
    """
    (yardstick,) = finished.yardsticks()
    known = {BASELINE_ID: Setting(yardstick.own.rate, yardstick.own.constants)}
    for number, _ in finished.finalists(RANKING):
        last = finished.candidates(f"twin = {number} AND {HAS_RESULT}")[-1]
        known[number] = finished.settings(last.id, SEARCH)[TASK]
    # As if the finals had not begun yet.
    copy_database(finished, tmp_path, "DELETE FROM finalists; DELETE FROM checks")
    noting = Noting()
    with StoreWriter.open(tmp_path) as store:
        store._db.execute("DELETE FROM settings WHERE stage = ?", (RANKING,))
        (task,) = store.config.training_tasks
        tasks = RunTasks([MeasuredTask(task, yardstick)])
        checks = Checks(store, noting, tasks)
        with pytest.raises(Asked):
            run_finals(store, noting, Silent(), tasks, checks)
    starts = []
    for function, families, own, _, budget, *_ in noting.calls:
        assert function is tune_again
        assert budget == max(finished.config.budget, BUDGET)
        assert [len(f.names) for f in families] == [len(s[TASK].constants) for s in own]
        starts += [setting[TASK] for setting in own]
    assert sorted(starts) == sorted(known.values())


def test_the_better_half_of_the_ranking_is_reported(finished: StoreReader) -> None:
    """Finalists are the best that were tuned to the end; the baseline is trained beside them. No
    two finalists have one structure. The report is in the order of the ranking, not of its own.
    """
    cleared = [one.id for one in finished.trained() if one.cleared]
    ranked = [number for number, _ in finished.finalists(RANKING)]
    assert sorted(ranked) == sorted(cleared[: finished.config.finalists])
    assert len({finished.candidate(number).structure for number in ranked}) == len(ranked)
    reported = [number for number, _ in finished.finalists(REPORT)]
    assert reported == ranked[: (len(ranked) + 1) // 2]
    speedups = [measured.speedup for _, measured in finished.finalists(RANKING)]
    assert speedups == sorted(speedups, reverse=True)
    for stage in (RANKING, REPORT):
        seeds = {e.seed for e in finished.evaluations(BASELINE_ID, stage)}
        assert seeds
        for number, _ in finished.finalists(stage):
            assert {e.seed for e in finished.evaluations(number, stage)} == seeds


NONE = RunTasks([])


class Idle:
    """Refuses all work."""

    def submit(self, function: Callable[..., Any], *arguments: Any, **_loads: Any) -> Pending[Any]:
        raise AssertionError(function, arguments)


def test_without_a_rule_that_was_tuned_to_the_end_there_are_no_finals(
    finished: StoreReader, tmp_path: Path
) -> None:
    """However often the run is gone on with, nothing is trained and no row is added."""
    copy_database(finished, tmp_path, "UPDATE candidates SET cleared = 0")
    with StoreWriter.open(tmp_path) as store:
        store._db.execute("DELETE FROM finalists")
        store._db.execute("DELETE FROM checks")
        before, observer = dump(store), Silent()
        run_finals(store, Idle(), observer, NONE, Checks(store, Idle(), NONE))
        assert dump(store) == before
    assert observer.phases == []


def test_finals_that_are_stored_are_not_run_again(finished: StoreReader, tmp_path: Path) -> None:
    """Nothing is submitted, and the finalists stay as they are."""
    copy_database(finished, tmp_path)
    observer = Silent()
    with StoreWriter.open(tmp_path) as store:
        run_finals(store, Idle(), observer, NONE, Checks(store, Idle(), NONE))
        assert store.finalists(REPORT) == finished.finalists(REPORT)
    assert observer.phases == []
