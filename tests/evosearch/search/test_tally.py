"""Counting a run while it grows, without reading it again from its beginning."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from evosearch.search.tally import Tally
from tests.support.made_candidates import Made, add, begin, duplicate, rejected, retuned


def test_counts_are_those_of_the_whole_run(finished: StoreReader) -> None:
    """In a run with further rounds, duplicates, and rejections by several gates."""
    tally = Tally()
    assert tally.look(finished)
    assert tally.counts() == finished.counts()
    assert list(tally.counts()["rejected"]) == list(finished.counts()["rejected"])
    assert tally.outcomes["retuned"] > 0 < tally.cached
    (best,) = finished.trained(1)
    assert tally.best == (best.id, best.score)


def test_what_was_counted_is_not_counted_again(finished: StoreReader) -> None:
    """A second look at the same run sees nothing new."""
    tally = Tally()
    tally.look(finished)
    before = tally.counts()
    assert not tally.look(finished)
    assert tally.counts() == before


def test_counts_grow_with_the_run(tmp_path: Path) -> None:
    """After each block, each kind of candidate is counted where it belongs."""
    folder = begin(tmp_path / "run")
    with StoreReader.open(folder) as store:
        tally = Tally()
        assert not tally.look(store)
        assert (tally.generated, tally.best) == (0, None)
        add(folder, Made(parent=None), rejected("constant"), duplicate(0))
        assert tally.look(store)
        assert (tally.generated, tally.rejected, tally.cached, tally.tuned) == (3, 1, 1, 1)
        assert (tally.gates["constant"], tally.replica_steps) == (1, 100)
        add(folder, Made(fitness=1.0, spent=7, cleared=0), rejected("one-signed"))
        assert tally.look(store)
        assert (tally.generated, tally.rejected, tally.tuned, tally.stopped) == (5, 2, 2, 1)
        assert tally.replica_steps == 107
        assert tally.best == (3, 2.0)


def test_those_that_were_given_up_are_listed(tmp_path: Path) -> None:
    """As far as the run was looked at: they are tuned, and nothing was chosen for them."""
    folder = begin(tmp_path / "run")
    with StoreReader.open(folder) as store:
        tally = Tally()
        for given_up in (1, 3):
            add(folder, Made(), Made(), rejected("constant") if given_up == 1 else duplicate(0))
            with closing(sqlite3.connect(folder / DATABASE)) as database, database:
                database.execute("DELETE FROM settings WHERE candidate = ?", (given_up,))
            tally.look(store)
        assert tally.given_up == [1, 3]


def test_a_lucky_score_fades(tmp_path: Path) -> None:
    """The best is the best by its latest round, so another may come first when one is retuned."""
    folder = begin(tmp_path / "run")
    with StoreReader.open(folder) as store:
        tally = Tally()
        add(folder, Made(parent=None, fitness=0.0), Made(fitness=2.0), Made(fitness=1.0))
        tally.look(store)
        assert tally.best == (1, 4.0)
        add(folder, retuned(1, -1.0))
        tally.look(store)
        assert tally.best == (2, 2.0)
        add(folder, retuned(1, 1.0), retuned(2, 0.5))
        tally.look(store)
        assert tally.best == (1, 2.0)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_is_the_first_of_the_trained(seed: int, tmp_path: Path) -> None:
    """Whatever came in which order, with equal scores and sizes too."""
    draw = random.Random(seed)
    folder = begin(tmp_path / "run")
    with StoreReader.open(folder) as store:
        tally, trained = Tally(), [0]
        add(folder, Made(parent=None, fitness=0.0, statements=3))
        for number in range(1, 60):
            fitness = draw.choice((-1.0, 0.0, 0.5, 1.0))
            if draw.random() < 0.5:
                add(folder, retuned(draw.choice(trained), fitness))
            else:
                add(folder, Made(fitness=fitness, statements=draw.choice((2, 3))))
                trained.append(number)
            tally.look(store)
            (best,) = store.trained(1)
            assert tally.best == (best.id, best.score)


def test_a_look_reads_the_new_rows_alone(tmp_path: Path) -> None:
    """However large the run is already: SQLite goes straight to them, by the primary key."""
    folder = begin(tmp_path / "run")
    add(folder, Made(parent=None))
    asked: list[str] = []
    with StoreReader.open(folder) as store:
        tally = Tally()
        tally.look(store)
        add(folder, Made())
        store._db.set_trace_callback(asked.append)
        tally.look(store)
        store._db.set_trace_callback(None)
        plans = [
            " ".join(row[3] for row in store._db.execute(f"EXPLAIN QUERY PLAN {statement}"))
            for statement in asked
        ]
    assert len(plans) == 3
    for plan in plans:
        assert plan.startswith("SEARCH")
        assert "SCAN" not in plan
