"""The order of a run's best rules, and which score each has."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from evosearch.graph.structure import structure
from evosearch.language.parser import parse
from evosearch.reports.leaderboard import leaderboard, recognised
from evosearch.screening.family import Family
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from tests.support.recorded_run import BETA, record


def test_the_leaderboard_puts_fresh_measurements_first(finished: StoreReader) -> None:
    """Rules measured on fresh seeds lead, and carry an interval around their score."""
    entries = leaderboard(finished, 5)
    assert len({entry.id for entry in entries}) == len(entries) == 5
    measured = [entry.interval is not None for entry in entries]
    assert measured == sorted(measured, reverse=True)
    assert measured[0]
    for entry in entries:
        if entry.interval is not None:
            assert entry.interval[0] <= entry.score <= entry.interval[1]


def test_the_score_of_the_search_is_of_the_latest_round(finished: StoreReader) -> None:
    """For finalists as for others: the lucky score of a first round has faded."""
    with closing(sqlite3.connect(finished.folder / DATABASE)) as database:
        latest = dict(
            database.execute(
                "SELECT twin, fitness FROM candidates WHERE outcome IN ('trained', 'retuned') "
                "ORDER BY id"
            )
        )
        first = dict(
            database.execute("SELECT id, fitness FROM candidates WHERE outcome = 'trained'")
        )
    entries = leaderboard(finished, None)
    assert {e.id: e.search_score for e in entries} == {n: 2.0**f for n, f in latest.items()}
    assert any(e.interval and first[e.id] != latest[e.id] for e in entries)


def test_no_structure_is_listed_twice(finished: StoreReader) -> None:
    """However many rows are asked for, as by their texts, which tuning wrote anew."""
    entries = leaderboard(finished, 10**6)
    assert len(entries) == finished.counts()["trained"]
    digests = {structure(parse(entry.text)).digest for entry in entries}
    assert len(digests) == len(entries)
    assert digests == {finished.candidate(entry.id).structure for entry in entries}


def test_a_rule_is_shown_with_its_tuned_constants(finished: StoreReader) -> None:
    """On one task they are the setting's own, to four digits; AdamW is not shown as it began."""
    own = {entry.id: parse(entry.text) for entry in leaderboard(finished, 10**6)}
    moved = 0
    for number, program in own.items():
        (best,) = finished.best_settings(number).values()
        original = structure(parse(finished.candidate(number).text))
        names = Family(original.named).names
        expected = dict(zip(names, best.constants, strict=True))
        assert dict(program.hyperparameters) == pytest.approx(expected, rel=1e-3, abs=1e-9)
        moved += expected != dict(zip(original.names, original.constants, strict=True))
    assert moved > 5


def test_rows_are_recognised(tmp_path: Path) -> None:
    """At their tuned constants: the start rule, a moving average, is momentum."""
    with StoreReader.open(record(tmp_path / "run")) as store:
        entries = leaderboard(store, 10)
        told = recognised(store, entries)
    assert [replace(entry, recognised=None) for entry in told] == entries
    last = told[-1].recognised
    assert last is not None
    assert (last.rule, last.relation, last.constants) == ("momentum", "identical", {"mu": 0.9})


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
    assert dict(parse(best.text).hyperparameters)["beta"] == BETA
    assert dict(parse(start.text).hyperparameters)["beta"] == 0.9
