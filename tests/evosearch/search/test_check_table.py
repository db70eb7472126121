"""Who was measured again, and when; played without a search."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from scipy.stats import spearmanr

from evosearch.search.check_table import Check, Checked, CheckTable
from evosearch.search.schema import BASELINE_ID, RANKING, SCHEMA, SELECT, STATE
from proxies.keys import generator


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(SCHEMA + STATE)
        yield connection


def finish(database: sqlite3.Connection, number: int, fresh: float, select: float | None) -> None:
    """Stores what measuring a candidate might have given."""
    database.execute(
        "INSERT INTO settings VALUES (?, ?, 'task', 1.0, '[]', 1, 'measured')", (number, RANKING)
    )
    for stage, speedup in ((RANKING, fresh), (SELECT, select)):
        if speedup is not None and number != BASELINE_ID:
            database.execute(
                "INSERT INTO finalists VALUES (?, ?, 0, ?, 0, 9, '{}')", (number, stage, speedup)
            )


def test_what_was_begun_is_unfinished_until_it_is_stored(database: sqlite3.Connection) -> None:
    """In the order in which it was chosen: AdamW first, then the fittest; the end comes last."""
    table = CheckTable(database)
    first = [Check(BASELINE_ID, 3, 20, 0.0), Check(7, 3, 20, 0.5), Check(2, 3, 20, 0.25)]
    last = [Check(9, None, 20, 0.75)]
    table.add(last)
    table.add(first[::-1])
    assert table.unfinished() == [*first, *last]
    assert table.known() == {BASELINE_ID, 7, 2, 9}
    for number in (BASELINE_ID, 2):
        finish(database, number, 1.5, 1.25)
    assert table.unfinished() == [first[1], last[0]]
    assert table.finished() == [Checked(2, 20, 2**0.25, 1.5, 1.25)]


def test_results_are_in_the_order_of_the_search(database: sqlite3.Connection) -> None:
    """Those of candidates; without tasks of select there is no score on them."""
    table = CheckTable(database)
    table.add([Check(4, 9, 50, 1.0), Check(BASELINE_ID, 3, 20, 0.0), Check(5, 3, 20, 2.0)])
    for number, select in ((4, 1.125), (BASELINE_ID, None), (5, None)):
        finish(database, number, 1.5, select)
    expected = [Checked(5, 20, 4.0, 1.5, None), Checked(4, 50, 2.0, 1.5, 1.125)]
    assert table.finished() == expected
    table.put_in_order([4, 5])
    places = database.execute("SELECT candidate, place FROM finalists ORDER BY place").fetchall()
    assert dict(places) == {4: 0, 5: 1}


def test_the_foresight_is_scipys(database: sqlite3.Connection) -> None:
    """Of ten at least."""
    table, draw = CheckTable(database), generator("checks")
    scores, select = draw.standard_normal(12).tolist(), (1 + draw.random(12)).tolist()
    for number, (fitness, other) in enumerate(zip(scores, select, strict=True)):
        table.add([Check(number, 1, 10, fitness)])
        finish(database, number, 1.0, other)
        if number < 9:
            assert table.foresight() is None
    assert table.foresight() == pytest.approx(spearmanr(scores, select).statistic)
