"""The graphs of who was bred from whom."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import networkx
import pytest

from evosearch.errors import EvosearchError
from evosearch.reports.descent import line_to, tree_from
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from tests.support.made_candidates import START, Made, add, begin, duplicate, rejected, retuned


def family(folder: Path) -> Path:
    """Of 0: 1, 2 and 3; of 2 the duplicate 4, of that 5 and 6; 7 is 5 in a further round."""
    begin(folder)
    add(folder, Made(None, 0.0, mutations=()), Made(0, 1.0, mutations=("insert", "delete")))
    add(folder, Made(0, -1.0), rejected("constant"))
    add(folder, duplicate(0, parent=2, fitness=0.0), Made(4, 2.0), Made(4, 0.5))
    add(folder, retuned(5, 1.5))
    return folder


def test_a_line_is_a_path(tmp_path: Path) -> None:
    """With what is known of each candidate and of each step."""
    with StoreReader.open(family(tmp_path / "family")) as store:
        line = line_to(store, 7)
    assert line.graph == {"run": "family", "candidate": 7, "shows": "ancestors"}
    assert list(line) == [0, 2, 4, 5, 7]
    assert networkx.is_path(line, [0, 2, 4, 5, 7])
    assert line.nodes[7] == {
        "outcome": "retuned",
        "round": 1,
        "block": 3,
        "parent": 5,
        "score": 2.0**1.5,
        "factor": 2.0**-0.5,
        "statements": 1,
        "slots": 1,
        "way": "tuned in a further round (round 2)",
        "text": START,
    }
    assert line.edges[2, 4] == {"mutations": ("insert",), "factor": 2.0}
    assert line.nodes[0]["factor"] is None


def test_a_tree_is_pruned_to_what_was_trained(tmp_path: Path) -> None:
    """Duplicates stay where they led to something, rejected candidates never do."""
    with StoreReader.open(family(tmp_path / "run")) as store:
        whole = tree_from(store, 0)
        assert set(whole.edges) == {(0, 1), (0, 2), (2, 4), (4, 5), (4, 6), (5, 7)}
        assert set(tree_from(store, 2).edges) == {(2, 4), (4, 5), (4, 6), (5, 7)}
        assert whole.graph == {"run": "run", "candidate": 0, "shows": "descendants"}
        assert list(tree_from(store, 3)) == [3]
        # The two best are 5 and its further round.
        assert set(tree_from(store, 0, 2).edges) == {(0, 2), (2, 4), (4, 5), (5, 7)}
        assert set(tree_from(store, 0, 1).edges) == {(0, 2), (2, 4), (4, 5)}
        for graph in (whole, tree_from(store, 2)):
            assert networkx.is_arborescence(graph)
        with pytest.raises(EvosearchError, match="has no candidate 99;"):
            tree_from(store, 99)


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_a_tree_of_a_real_search(finished: StoreReader, limit: int) -> None:
    """Its leaves are the best trained descendants, as networkx finds descendants."""
    with closing(sqlite3.connect(finished.folder / DATABASE)) as database:
        rows = database.execute("SELECT id, parent, outcome, fitness FROM candidates").fetchall()
    whole = networkx.DiGraph([(parent, child) for child, parent, *_ in rows if parent is not None])
    fitness = {one: value for one, _, outcome, value in rows if outcome in ("trained", "retuned")}
    number = random.Random(0).choice([one for one in whole if whole.out_degree(one)])
    for root in (0, number):
        best = sorted(
            (one for one in networkx.descendants(whole, root) if one in fitness),
            key=lambda one: (-fitness[one], one),
        )[:limit]
        tree = tree_from(finished, root, limit)
        on_the_way = {two for one in best for two in networkx.shortest_path(whole, root, one)}
        assert set(tree) == on_the_way | {root}
        assert set(tree.edges) == set(whole.subgraph(tree).edges)
