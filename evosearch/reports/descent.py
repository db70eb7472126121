"""Makes graphs of who was bred from whom: a candidate's ancestors, or its descendants.

Nodes are candidates by number, edges lead from parent to child. A node has the attributes
`outcome`, `round`, `block`, `parent`, `score` (a speed-up), `factor` (how many times the parent's
score it is), `statements`, `slots`, `way` (how it came about, in words) and `text` (the program as
it was bred); an edge has `mutations` and `factor`. What is not known is None. The graph's own are
`run`, `candidate` and `shows`, which is `ANCESTORS` or `DESCENDANTS`.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx

from evosearch.reports.ancestry import ancestors, factor, way_of
from evosearch.search.records import StoredCandidate
from evosearch.search.schema import HAS_RESULT
from evosearch.search.store_reader import StoreReader

ANCESTORS, DESCENDANTS = "ancestors", "descendants"
SHOWN = 20
"""The descendants that a tree is pruned to, unless told otherwise."""


def line_to(store: StoreReader, number: int) -> networkx.DiGraph:
    """Gives a candidate's line of descent, a path from the start rule to it.

    Raises:
        EvosearchError: the run has no such candidate.
    """
    return _graph(store, number, ANCESTORS, ancestors(store, number))


def tree_from(store: StoreReader, number: int, limit: int = SHOWN) -> networkx.DiGraph:
    """Gives what was bred from a candidate, pruned to the best of it and what led to these.

    The best are the `limit` trainings of descendants with the highest scores.

    Raises:
        EvosearchError: the run has no such candidate.
    """
    root = store.candidate(number)
    parents: dict[int, int] = {}
    # A child has a higher number than its parent, so one pass meets each after all its ancestors.
    for child, parent in store.columns("id, parent", f"id > {number:d}"):
        if parent == number or parent in parents:
            parents[child] = parent
    trained = [
        (-(fitness or 0.0), one)
        for one, fitness in store.columns("id, fitness", f"id > {number:d} AND {HAS_RESULT}")
        if one in parents
    ]
    kept: set[int] = set()
    for _, one in sorted(trained)[:limit]:
        while one != number and one not in kept:
            kept.add(one)
            one = parents[one]
    others = store.candidates(f"id IN ({', '.join(map(str, kept))})")
    return _graph(store, number, DESCENDANTS, [root, *others])


def _graph(
    store: StoreReader, number: int, shows: str, candidates: Sequence[StoredCandidate]
) -> networkx.DiGraph:
    """Makes the graph of candidates, each of which comes after its parent if that is among them."""
    graph = networkx.DiGraph(run=store.folder.resolve().name, candidate=number, shows=shows)
    known = {one.id: one for one in candidates}
    for one in candidates:
        before = known.get(one.parent) if one.parent is not None else None
        times = factor(before, one)
        graph.add_node(
            one.id,
            outcome=one.outcome,
            round=one.round,
            block=one.block,
            parent=one.parent,
            score=one.score,
            factor=times,
            statements=one.size,
            slots=one.slots,
            way=way_of(one),
            text=one.text,
        )
        if before is not None:
            graph.add_edge(before.id, one.id, mutations=one.mutations, factor=times)
    return graph
