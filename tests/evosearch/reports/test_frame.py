"""The flat table of a run's rules, held against the rows of its database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evosearch.reports.frame import frame
from evosearch.reports.leaderboard import leaderboard, recognised
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from tests.support.recorded_run import record
from tests.support.small_search import TASK

FRESH = {0: (0,), 1: (1, 2), 2: (3, 4, 5, 6)}
"""The seeds on which each round takes its losses, where settings are compared on one."""


@pytest.fixture
def database(finished: StoreReader) -> Iterator[sqlite3.Connection]:
    """The finished run's database, read without the package."""
    with closing(sqlite3.connect(finished.folder / DATABASE)) as database:
        database.row_factory = sqlite3.Row
        yield database


def rows(store: StoreReader) -> list[dict[str, object]]:
    return list(frame(store, leaderboard(store, None)).rows)


def test_the_columns_and_their_order(finished: StoreReader) -> None:
    """Scores first, text last; the tasks' carry their names; each row has all of them."""
    names = ["id", "score", "low", "high", "stage", "search_score"]
    names += ["select", "select_low", "select_high", "statements", "slots"]
    names += [f"{what}_{TASK}" for what in ("speedup", "loss", "rate", "fresh_speedup")]
    names += [
        "micro",
        "rounds",
        "cleared",
        "replica_steps",
        "update_size",
        "block",
        "parent",
        "mutations",
    ]
    names += ["digest", "structure", "bred", "text"]
    table = frame(finished, leaderboard(finished, None))
    assert list(table.columns) == names
    assert all(list(row) == names for row in table.rows)
    python = {"INTEGER": int, "REAL": float, "TEXT": str}
    for name, kind in table.columns.items():
        values = [row[name] for row in table.rows if row[name] is not None]
        # That search has no such stages; one with them is in search/test_checks.py.
        assert bool(values) == (name not in ("micro", "select", "select_low", "select_high")), name
        assert {type(value) for value in values} <= {python[kind]}, name


def test_a_row_for_every_trained_structure(
    finished: StoreReader, database: sqlite3.Connection
) -> None:
    """However often it was tuned, in the order of the leaderboard."""
    table = rows(finished)
    trained = database.execute("SELECT id FROM candidates WHERE outcome = 'trained'").fetchall()
    assert {row["id"] for row in table} == {number for (number,) in trained}
    assert [row["id"] for row in table] == [one.id for one in leaderboard(finished, None)]
    (spent,) = database.execute("SELECT SUM(spent) FROM settings WHERE stage = 'search'").fetchone()
    assert sum(row["replica_steps"] for row in table) == spent  # type: ignore[misc]


def test_origins_are_those_of_the_first_candidate(
    finished: StoreReader, database: sqlite3.Connection
) -> None:
    """Its parent, mutations and hashes, and the text as it was bred."""
    for row in rows(finished):
        stored = database.execute("SELECT * FROM candidates WHERE id = ?", (row["id"],)).fetchone()
        for name in ("block", "parent", "mutations", "digest", "structure", "update_size"):
            assert row[name] == stored[name]
        assert row["bred"] == stored["text"]


def test_speedups_and_losses_are_of_the_latest_round(
    finished: StoreReader, database: sqlite3.Connection
) -> None:
    """On the one task the logarithm of the speed-up is the fitness that was stored then."""
    measured = set()
    for row in rows(finished):
        members = database.execute(
            "SELECT * FROM candidates WHERE twin = ? AND outcome IN ('trained', 'retuned') "
            "ORDER BY id",
            (row["id"],),
        ).fetchall()
        latest = members[-1]
        assert (row["rounds"], row["cleared"]) == (len(members), latest["cleared"])
        assert row[f"speedup_{TASK}"] == pytest.approx(2 ** latest["fitness"], rel=1e-12)
        chosen = database.execute(
            "SELECT * FROM settings WHERE candidate = ? AND stage = 'search'", (latest["id"],)
        ).fetchone()
        assert row[f"rate_{TASK}"] == chosen["rate"]
        if chosen["ended"] == "measured":
            losses = database.execute(
                "SELECT loss FROM evaluations WHERE candidate = ? AND stage = 'search' AND "
                f"rate = ? AND constants = ? AND seed IN {(*FRESH[latest['round']], -1)}",
                (latest["id"], chosen["rate"], chosen["constants"]),
            ).fetchall()
            assert len(losses) == len(FRESH[latest["round"]])
            mean = sum(loss for (loss,) in losses) / len(losses)
            assert row[f"loss_{TASK}"] == pytest.approx(mean, rel=1e-12)
            measured.add(latest["round"])
    assert {0, 1} <= measured


def test_scores_tell_where_they_come_from(
    finished: StoreReader, database: sqlite3.Connection
) -> None:
    """On the report's seeds, else on the ranking's, else on the search's, without interval."""
    finals = {
        row["candidate"]: row
        for row in database.execute("SELECT * FROM finalists ORDER BY stage = 'report'")
    }
    assert {row["stage"] for row in finals.values()} == {"ranking", "report"}
    for row in rows(finished):
        final = finals.get(row["id"])
        if final is None:
            assert (row["stage"], row["low"], row["high"]) == ("search", None, None)
            assert row[f"fresh_speedup_{TASK}"] is None
        else:
            assert row["stage"] == final["stage"]
            ours = (row["score"], row["low"], row["high"])
            assert ours == (final["speedup"], final["low"], final["high"])
            assert row[f"fresh_speedup_{TASK}"] == json.loads(final["per_task"])[TASK]


def test_what_is_not_known_is_null(tmp_path: Path) -> None:
    """This run has no yardstick, so no speed-up can be read off its loss."""
    with StoreReader.open(record(tmp_path / "run")) as store:
        best, start = rows(store)
    for row in (best, start):
        assert (row["speedup_digit_images"], row["loss_digit_images"]) == (None, 0.5)
    assert (best["fresh_speedup_digit_images"], start["fresh_speedup_digit_images"]) == (1.5, None)
    assert (best["parent"], start["parent"]) == (0, None)


def test_known_rules_are_told_where_they_were_asked_for(tmp_path: Path) -> None:
    """The start rule is a moving average, which is momentum."""
    with StoreReader.open(record(tmp_path / "run")) as store:
        entries = recognised(store, leaderboard(store, None)[-1:])
        (row,) = frame(store, entries, recognised=True).rows
        (plain,) = frame(store, entries).rows
    assert (row["rule"], row["relation"]) == ("momentum", "identical")
    assert {k: v for k, v in row.items() if k in plain} == plain
    assert list(row)[-1] == "text"
