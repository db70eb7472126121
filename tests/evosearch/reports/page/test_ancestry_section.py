"""Where a rule comes from, and what each step changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page.ancestry_section import ancestry_section
from evosearch.reports.page.material import gather
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from tests.support.page_reader import faults, read_page, rows


def test_the_line_of_descent_is_the_databases(finished: StoreReader) -> None:
    """Of the candidate with the longest one: parents, edits, scores before and after."""
    with closing(sqlite3.connect(finished.folder / DATABASE)) as database:
        stored = {
            number: (parent, fitness)
            for number, parent, fitness in database.execute(
                "SELECT id, parent, fitness FROM candidates WHERE fitness IS NOT NULL"
            )
        }

    def line(number: int) -> list[int]:
        parent = stored[number][0]
        return [*(line(parent) if parent is not None else []), number]

    longest = max((line(number) for number in stored), key=len)
    assert len(longest) > 2
    material = gather(finished, NOTHING_ADDED)
    assert material.best is not None
    other = replace(material, best=replace(material.best, number=longest[-1]))
    section = read_page(ancestry_section(other).body)
    assert faults(section) == []
    listed = rows(section, "From the start rule")
    assert [row[0] for row in listed] == [f"#{number}" for number in longest]
    scores = [2 ** stored[number][1] for number in longest]
    for before, after, row in zip(scores, scores[1:], listed[1:], strict=False):
        assert abs(float(row[2]) - before) < 0.006
        assert abs(float(row[3].split()[0]) - after) < 0.006
        assert abs(float(row[4].removeprefix("× ")) - after / before) < 0.006
    # A heading and, where the program changed, its lines for each step.
    assert len(list(section.iter("h3"))) == len(longest) - 1
    assert list(section.iter("ins"))
