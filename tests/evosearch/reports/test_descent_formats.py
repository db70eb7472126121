"""The forms of a lineage for other programs."""

from __future__ import annotations

import json
from pathlib import Path

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosearch.reports.descent import line_to, tree_from
from evosearch.reports.descent_formats import FORMATS, dot, quoted, record
from evosearch.search.store_reader import StoreReader
from tests.support.dot_reader import lines_of, read_dot
from tests.support.made_candidates import Made, add, begin, duplicate

NASTY = 'def start(g, m):\n    """Says "no\\\\" to; } and -> [x]."""\n    return g, m\n'


@pytest.fixture
def store(tmp_path: Path) -> StoreReader:
    folder = begin(tmp_path / 'a "run" \\ of mine')
    add(folder, Made(None, 0.0, mutations=()), Made(0, 1.0, text=NASTY, mutations=("insert",)))
    add(folder, duplicate(0, parent=1), Made(2, 0.5, mutations=("delete", "modify")), Made(0))
    return StoreReader.open(folder)


def test_json_has_what_is_known(store: StoreReader) -> None:
    """Of each candidate, the line's in its order; it is read back as it was."""
    with store:
        line = line_to(store, 3)
    read = json.loads(FORMATS["json"](line))
    assert {key: read[key] for key in ("run", "candidate", "shows")} == {
        "run": 'a "run" \\ of mine',
        "candidate": 3,
        "shows": "ancestors",
    }
    listed = read["candidates"]
    assert [one["id"] for one in listed] == [0, 1, 2, 3]
    assert [one["mutations"] for one in listed] == [
        [],
        ["insert"],
        ["insert"],
        ["delete", "modify"],
    ]
    assert listed[1]["text"] == NASTY
    assert (listed[1]["score"], listed[1]["factor"], listed[0]["factor"]) == (2.0, 2.0, None)
    assert set(listed[0]) == {"id", *line.nodes[0], "mutations"}


def test_networkx_makes_the_graph_of_the_json_again(store: StoreReader) -> None:
    """From `parent` alone, for a tree too."""
    with store:
        tree = tree_from(store, 0)
    again = networkx.DiGraph(
        (one["parent"], one["id"])
        for one in record(tree)["candidates"]
        if one["parent"] is not None
    )
    assert networkx.utils.edges_equal(again.edges, tree.edges, directed=True)


def test_dot_is_of_the_grammar(store: StoreReader) -> None:
    """Nodes, edges and their labels come back, whatever letters texts and names have."""
    with store:
        tree = tree_from(store, 0)
    read = read_dot(dot(tree))
    assert lines_of(read.name) == ['lineage of a "run" \\ of mine']
    assert {(int(a), int(b)) for a, b in read.edges} == set(tree.edges)
    assert {int(node) for node in read.nodes} == set(tree)
    assert lines_of(read.nodes["1"]["label"]) == ["#1", "score 2.00"]
    assert lines_of(read.nodes["1"]["tooltip"]) == NASTY.split("\n")
    assert lines_of(read.edges["2", "3"]["label"]) == ["delete, modify", "× 1.41"]
    # The one that was asked for stands out.
    assert [node for node, own in read.nodes.items() if "style" in own] == ["0"]


@given(st.text())
def test_any_text_can_be_quoted(text: str) -> None:
    """And comes back through the reader of another's grammar."""
    read = read_dot(f"digraph x {{ 1 [label={quoted(text)}]; }}")
    assert lines_of(read.nodes["1"]["label"]) == text.split("\n")
