"""Where the nodes of a tree stand: no line crosses a node or what is written beside it."""

from __future__ import annotations

import math
import random

import networkx
import pytest

from evosearch.reports.outline import Row, outline


def random_tree(seed: int, nodes: int) -> networkx.DiGraph:
    draw = random.Random(seed)
    tree = networkx.DiGraph()
    tree.add_node(0)
    for node in range(1, nodes):
        # Often the latest, so that there are long lines as well as broad families.
        tree.add_edge(node - 1 if draw.random() < 0.5 else draw.randrange(node), node)
    return tree


@pytest.mark.parametrize("length", [1, 5, 30, 5000])
def test_a_line_is_straight(length: int) -> None:
    """Every node in the first column, in order."""
    rows = outline(networkx.path_graph(length, networkx.DiGraph))
    assert [row.node for row in rows] == list(range(length))
    assert {row.column for row in rows} == {0}
    assert [row.parent for row in rows] == [None, *range(length - 1)]


def test_a_small_tree() -> None:
    """As drawn by hand: the child with the larger family goes straight on, below the others."""
    tree = networkx.DiGraph([(0, 1), (0, 2), (2, 3), (2, 4), (0, 5)])
    assert outline(tree) == [
        Row(0, 0, None, frozenset(), True),
        Row(1, 1, 0, frozenset({0}), False),
        Row(5, 1, 0, frozenset({0}), False),
        Row(2, 0, 0, frozenset(), True),
        Row(3, 1, 3, frozenset({0}), False),
        Row(4, 0, 3, frozenset(), False),
    ]


def test_nothing_has_no_rows() -> None:
    """A graph without nodes is laid out too."""
    assert outline(networkx.DiGraph()) == []


@pytest.mark.parametrize("seed", range(20))
def test_lines_cross_nothing(seed: int) -> None:
    """Each node has a row; lines go down in the parent's column, left of all that they pass."""
    tree = random_tree(seed, 60)
    rows = outline(tree)
    assert sorted(row.node for row in rows) == sorted(tree)
    for at, row in enumerate(rows):
        if row.parent is None:
            assert at == 0
            continue
        assert row.parent < at
        parent = rows[row.parent]
        assert tree.has_edge(parent.node, row.node)
        assert row.column in (parent.column, parent.column + 1)
        for between in rows[row.parent + 1 : at]:
            assert between.column > parent.column
            assert parent.column in between.passing
    passed = sum(len(row.passing) for row in rows)
    lasting = {row.parent: at for at, row in enumerate(rows) if row.parent is not None}
    assert passed == sum(last - first - 1 for first, last in lasting.items())
    assert max(row.column for row in rows) <= math.log2(len(tree))
