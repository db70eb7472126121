"""Lays a tree out in rows, one for each node, so that nothing that is written can overlap.

A node stands below its parent. Its last child, which has the largest family, goes on in its column,
and each other one begins the next column; so a line of descent is straight however long it is, and
a tree of n nodes needs no more than log2(n) columns beside the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx


@dataclass(frozen=True, slots=True)
class Row:
    """Is the place of a node."""

    node: int
    column: int
    parent: int | None
    """The row of its parent, above it; None for the root."""
    passing: frozenset[int]
    """The columns in which the line from a node above to one below goes by."""
    has_more: bool
    """Whether a line leads down from it."""


def outline(tree: networkx.DiGraph) -> list[Row]:
    """Gives the rows of a tree, from the top; its nodes are numbers."""
    if not tree:
        return []
    (root,) = (node for node in tree if tree.in_degree(node) == 0)
    sizes = dict.fromkeys(tree, 1)
    for node in reversed(list(networkx.topological_sort(tree))):
        for parent in tree.predecessors(node):
            sizes[parent] += sizes[node]
    places: list[tuple[int, int, int | None]] = []
    waiting: list[tuple[int, int, int | None]] = [(root, 0, None)]
    while waiting:  # not recursion, since a line may be thousands long
        node, column, parent = waiting.pop()
        row = len(places)
        places.append((node, column, parent))
        children = sorted(tree.successors(node), key=lambda child: (sizes[child], child))
        columns = [column + 1] * (len(children) - 1) + [column] * bool(children)
        waiting += [
            (child, at, row)
            for child, at in zip(reversed(children), reversed(columns), strict=True)
        ]
    return _with_lines(places)


def _with_lines(places: list[tuple[int, int, int | None]]) -> list[Row]:
    """Finds which lines go by each row."""
    last_child: dict[int, int] = {}
    for row, (_, _, parent) in enumerate(places):
        if parent is not None:
            last_child[parent] = row
    rows: list[Row] = []
    open_columns: dict[int, int] = {}
    for row, (node, column, parent) in enumerate(places):
        open_columns = {at: end for at, end in open_columns.items() if end > row}
        rows.append(Row(node, column, parent, frozenset(open_columns), row in last_child))
        if row in last_child:
            open_columns[column] = last_child[row]
    return rows
