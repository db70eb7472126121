"""The finals of a search: which candidates, which seeds, which rates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from evosearch.search.finals import run_finals
from evosearch.search.schema import BASELINE_ID, RANKING, REPORT
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Pending
from tests.support.small_search import Silent, copy_database


def test_the_finals_use_seeds_that_the_search_did_not(finished: StoreReader) -> None:
    """Search, ranking and report share no seed, and the report's rates come from the ranking."""
    seeds = {}
    for stage in ("search", RANKING, REPORT):
        reported = [number for number, _ in finished.finalists(REPORT)]
        seeds[stage] = {e.seed for n in reported for e in finished.evaluations(n, stage)}
        assert seeds[stage]
    assert not seeds["search"] & seeds[RANKING]
    assert not seeds[RANKING] & seeds[REPORT]
    for number, _ in finished.finalists(REPORT):
        tuned = {e.rate for e in finished.evaluations(number, RANKING)}
        assert len({e.rate for e in finished.evaluations(number, REPORT)}) == 1
        assert {e.rate for e in finished.evaluations(number, REPORT)} <= tuned


def test_the_better_half_of_the_ranking_is_reported(finished: StoreReader) -> None:
    """Finalists are the best that were trained to the end; the baseline is trained beside them."""
    cleared = [one.id for one in finished.trained() if one.cleared]
    ranked = [number for number, _ in finished.finalists(RANKING)]
    assert sorted(ranked) == sorted(cleared[: finished.config.finalists])
    assert [number for number, _ in finished.finalists(REPORT)] == ranked[:1]
    for stage in (RANKING, REPORT):
        speedups = [measured.speedup for _, measured in finished.finalists(stage)]
        assert speedups == sorted(speedups, reverse=True)
        seeds = {e.seed for e in finished.evaluations(BASELINE_ID, stage)}
        assert seeds
        for number, _ in finished.finalists(stage):
            assert {e.seed for e in finished.evaluations(number, stage)} == seeds


def test_finals_that_are_stored_are_not_run_again(finished: StoreReader, tmp_path: Path) -> None:
    """Nothing is submitted, and the finalists stay as they are."""

    class Idle:
        def submit(self, function: Callable[..., Any], *arguments: Any) -> Pending[Any]:
            raise AssertionError(function, arguments)

    copy_database(finished, tmp_path)
    observer = Silent()
    with StoreWriter.open(tmp_path) as store:
        run_finals(store, Idle(), observer, [])
        assert store.finalists(REPORT) == finished.finalists(REPORT)
    assert observer.phases == []
