"""The line of descent of a candidate, and how each step is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from evosearch.errors import EvosearchError
from evosearch.reports.ancestry import ancestors, bare_text, changed, factor, way_of
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from tests.support.made_candidates import Made, add, begin, duplicate, rejected, retuned


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run of a start rule, its child, a further round of that, and a grandchild."""
    folder = begin(tmp_path / "run")
    unused = "def f(g, m):\n    dead = exp(g)\n    return 1 * g + 0 * m, m\n"
    add(folder, Made(parent=None, fitness=0.0, mutations=()))
    add(folder, Made(0, 1.0, text=unused), rejected("constant"))
    add(folder, retuned(1, 0.5), Made(3, -1.0, mutations=("insert", "modify")))
    add(folder, duplicate(4, parent=4), Made(5, 0.0, mutations=()))
    return folder


@pytest.fixture
def store(run_folder: Path) -> StoreReader:
    return StoreReader.open(run_folder)


def test_changed_lines_give_both_texts_back() -> None:
    """What is kept and taken out is the old text, what is kept and put in the new one."""
    old, new = "a\nb\nc\nd", "a\nB\nb\nd\ne"
    lines = changed(old, new)
    assert "\n".join(line for sign, line in lines if sign in " -") == old
    assert "\n".join(line for sign, line in lines if sign in " +") == new
    assert lines == [(" ", "a"), ("+", "B"), (" ", "b"), ("-", "c"), (" ", "d"), ("+", "e")]


def test_ancestors_are_the_parents_of_parents(store: StoreReader) -> None:
    """From the start rule on; also of one that was not trained."""
    with store:
        assert [one.id for one in ancestors(store, 6)] == [0, 1, 3, 4, 5, 6]
        assert [one.id for one in ancestors(store, 2)] == [0, 2]
        assert [one.id for one in ancestors(store, 0)] == [0]
        with pytest.raises(EvosearchError, match="has no candidate 7;"):
            ancestors(store, 7)


def test_ancestors_in_a_real_search(finished: StoreReader) -> None:
    """Of each candidate, as SQLite finds them by a query that calls itself."""
    with closing(sqlite3.connect(finished.folder / DATABASE)) as database:
        for one in finished.candidates():
            expected = database.execute(
                "WITH RECURSIVE line(id) AS (SELECT ? UNION ALL SELECT parent FROM candidates "
                "JOIN line USING (id) WHERE parent IS NOT NULL) SELECT id FROM line ORDER BY id",
                (one.id,),
            ).fetchall()
            assert [(two.id,) for two in ancestors(finished, one.id)] == expected


def test_steps_are_told(store: StoreReader) -> None:
    """By mutations, by the round of tuning, or as what they are."""
    with store:
        assert [way_of(one) for one in ancestors(store, 6)] == [
            "the start rule",
            "insert",
            "tuned in a further round (round 2)",
            "insert, modify",
            "insert",
            "taken over",
        ]


def test_factors_are_of_scores(store: StoreReader) -> None:
    """2 to the differences of fitness; unknown where there is no parent, or no score."""
    with store:
        start, child, _, grandchild, *_ = ancestors(store, 6)
        assert factor(None, start) is None
        assert factor(start, child) == 2.0
        assert factor(child, grandchild) == 0.25
        assert factor(start, store.candidate(2)) is None
        assert factor(store.candidate(2), child) is None


def test_texts_are_without_what_is_not_used(store: StoreReader) -> None:
    """So that only what matters is compared."""
    with store:
        assert bare_text(store, store.candidate(1).text) == "def rule(g):\n    return g\n"
