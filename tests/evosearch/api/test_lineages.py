"""The lineage of a rule, from Python."""

from __future__ import annotations

import networkx
import pytest

import evosearch
from evosearch.errors import EvosearchError
from evosearch.search.store_reader import StoreReader


def test_a_lineage_is_a_graph(finished: StoreReader) -> None:
    """Of the best rule unless told otherwise; a path from the start rule, or a tree."""
    folder = str(finished.folder)
    best = evosearch.lineage(folder)
    assert isinstance(best, networkx.DiGraph)
    assert networkx.is_path(best, list(best))
    assert next(iter(best)) == 0
    ((number, _), *_) = finished.finalists("report")
    assert list(best)[-1] == number
    assert list(evosearch.lineage(folder, number)) == list(best)
    tree = evosearch.lineage(folder, 0, descendants=True, limit=10**6)
    assert networkx.is_arborescence(tree)
    assert set(tree) >= {one.id for one in finished.trained()}
    assert len(evosearch.lineage(folder, 0, descendants=True, limit=1)) < len(tree)


def test_what_there_is_not(finished: StoreReader) -> None:
    """Is told as the command line does."""
    with pytest.raises(EvosearchError, match="has no candidate 100000;"):
        evosearch.lineage(str(finished.folder), 100000)
    with pytest.raises(EvosearchError, match="'#worst': expected a candidate's number or #best"):
        evosearch.lineage(str(finished.folder), "worst")
