"""What became of the candidates, in numbers that add up."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page.flow_section import edges, flow_section, streams
from evosearch.reports.page.material import gather
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from tests.support.page_reader import faults, read_page, rows, text_of

COUNTS = {"generated": 20, "cached": 3, "retuned": 2, "trained": 9, "rejected": {"constant": 6}}


def test_what_is_lost_adds_up() -> None:
    """Twenty less six, three and two leave nine; four of these were stopped, in two places."""
    flow = streams(COUNTS, 1, 3, 3, 2)
    assert [row.count for row in flow] == [20, 6, 3, 2, 9, 1, 3, 5, 3, 2]
    assert edges(flow) == [0, 14, 11, 9, 0, 8, 5, 0, 0, 0]
    flow = streams(COUNTS, 0, 4, 3, 2)
    assert [row.count for row in flow] == [20, 6, 3, 2, 9, 4, 5, 3, 2]
    assert edges(flow) == [0, 14, 11, 9, 0, 5, 0, 0, 0]


def test_the_numbers_are_the_databases(finished: StoreReader) -> None:
    """Read without our own reader, gate by gate."""
    section = read_page(flow_section(gather(finished, NOTHING_ADDED)).body)
    assert faults(section) == []
    told = {row[0].removeprefix("− "): int(row[1]) for row in rows(section, "Candidates")}
    with closing(sqlite3.connect(finished.folder / DATABASE)) as database:

        def count(where: str) -> int:
            (number,) = database.execute(f"SELECT COUNT(*) FROM {where}").fetchone()
            return int(number)

        gates = dict(
            database.execute(
                "SELECT gate, COUNT(*) FROM candidates WHERE outcome = 'rejected' GROUP BY gate"
            )
        )
        assert gates
        assert told.items() >= gates.items()
        assert told["bred"] == count("candidates")
        assert told["known"] == count("candidates WHERE outcome = 'duplicate'")
        assert told["further rounds"] == count("candidates WHERE outcome = 'retuned'")
        assert told["trained"] == count("candidates WHERE outcome = 'trained'")
        hurdle = "candidates WHERE outcome = 'trained' AND cleared = 0"
        assert told["hurdle"] == count(hurdle)
        assert told["finalists"] == count("finalists WHERE stage = 'ranking'")
        assert told["reported"] == count("finalists WHERE stage = 'report'")
    described = text_of(next(section.iter("desc")))
    assert f"bred: {told['bred']}" in described
