"""What is said of a candidate in few words."""

from __future__ import annotations

from pathlib import Path

import pytest

from evosearch.reports.descent import line_to, tree_from
from evosearch.reports.descent_words import factor_of, heading, score_of
from evosearch.search.store_reader import StoreReader
from tests.support.made_candidates import Made, add, begin, duplicate, rejected


@pytest.fixture
def store(tmp_path: Path) -> StoreReader:
    folder = begin(tmp_path / "mine")
    add(folder, Made(None, 0.0), Made(0, -1.0), rejected("constant", parent=1))
    add(folder, duplicate(0, parent=1, fitness=0.0))
    return StoreReader.open(folder)


def test_headings_say_what_is_shown(store: StoreReader) -> None:
    """For lines and trees, long and short."""
    with store:
        assert heading(line_to(store, 0)) == (
            "candidate 0 of mine is the rule that the run started from"
        )
        assert heading(line_to(store, 1)) == "candidate 1 of mine: 1 step from the start rule"
        assert heading(line_to(store, 2)) == "candidate 2 of mine: 2 steps from the start rule"
        assert heading(tree_from(store, 0)) == (
            "bred from candidate 0 of mine: the best that was trained, and what led to it "
            "(1 candidates)"
        )
        assert heading(tree_from(store, 1)) == (
            "nothing that was bred from candidate 1 of mine was trained"
        )


def test_scores_say_whose_they_are(store: StoreReader) -> None:
    """One that was not trained has its class's; one that was rejected has none."""
    with store:
        line = line_to(store, 2)
        assert score_of(line.nodes[1]) == "score 0.50"
        assert factor_of(line.nodes[1]) == "× 0.50"
        assert score_of(line.nodes[2]) == "rejected"
        assert factor_of(line.nodes[2]) == factor_of(line.nodes[0]) == ""
        assert score_of(line_to(store, 3).nodes[3]) == "score 1.00 (of its class)"
        assert score_of({"outcome": "trained", "score": None}) == "no score"
