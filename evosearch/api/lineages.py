"""Gives the lineage of a run's candidates as a graph of networkx."""

from __future__ import annotations

import networkx

from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.reports.descent import SHOWN, line_to, tree_from
from evosearch.reports.references import candidate_number, open_run


def lineage(
    run: str,
    candidate: int | str = "best",
    *,
    descendants: bool = False,
    limit: int = SHOWN,
    additions: Additions = NOTHING_ADDED,
) -> networkx.DiGraph:
    """Gives a candidate's line of descent, or with `descendants` the tree of what was bred from it.

    `run` is a folder that `evosearch search` wrote, or its name under `runs/`; `candidate` is a
    number, or `best`. Nodes are candidates by number, in the order of breeding, with the attributes
    `outcome`, `round`, `block`, `parent`, `score` (the speed-up over tuned AdamW in the search),
    `factor` (how many times the parent's score), `statements`, `slots`, `way` (how it came about)
    and `text`; edges lead from parent to child and have `mutations` and `factor`. What is not known
    is None. The tree is pruned to the `limit` best trainings and what led to them. `additions`
    holds operations and tasks of a user's files.

    Raises:
        EvosearchError: there is no such run or candidate, or it used operations that are not
            loaded.
    """
    with open_run(run, additions) as store:
        number = candidate_number(store, str(candidate))
        return tree_from(store, number, limit) if descendants else line_to(store, number)
