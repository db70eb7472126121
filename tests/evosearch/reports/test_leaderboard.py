"""The order of a run's best rules, and which score each has."""

from __future__ import annotations

from pathlib import Path

from evosearch.language.parser import parse
from evosearch.reports.leaderboard import leaderboard
from evosearch.search.store_reader import StoreReader
from tests.support.recorded_run import record


def test_the_leaderboard_puts_fresh_measurements_first(finished: StoreReader) -> None:
    """Rules measured on fresh seeds lead, and carry an interval around their score."""
    entries = leaderboard(finished, 5)
    assert len(entries) == 5
    measured = [entry.interval is not None for entry in entries]
    assert measured == sorted(measured, reverse=True)
    assert measured[0]
    for entry in entries:
        if entry.interval is not None:
            assert entry.interval[0] <= entry.score <= entry.interval[1]


def test_a_rule_is_listed_once_with_its_best_measurement(tmp_path: Path) -> None:
    """The one on fresh seeds, beside the score of the search; texts read back."""
    with StoreReader.open(record(tmp_path / "run")) as store:
        entries = leaderboard(store, 10)
        assert leaderboard(store, 1) == entries[:1]
    assert [entry.id for entry in entries] == [entries[0].id, 0]
    best, start = entries
    assert (best.score, best.interval, best.search_score) == (1.5, (1.25, 1.75), 2.0)
    assert (start.score, start.interval, start.search_score) == (1.0, None, 1.0)
    for entry in entries:
        assert parse(entry.text).name == f"rule_{entry.id}"
        assert entry.statements == len(parse(entry.text).statements)
