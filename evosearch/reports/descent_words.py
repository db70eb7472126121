"""Says in a few words what is known of a candidate, alike in all forms that people read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx

from evosearch.reports.descent import ANCESTORS
from evosearch.search.candidate import DUPLICATE, REJECTED


def score_of(attributes: Mapping[str, Any]) -> str:
    """Writes a candidate's score; that of its class, where it was not trained itself."""
    if attributes["outcome"] == REJECTED:
        return "rejected"
    if attributes["score"] is None:
        return "no score"
    told = f"score {attributes['score']:.2f}"
    return f"{told} (of its class)" if attributes["outcome"] == DUPLICATE else told


def factor_of(attributes: Mapping[str, Any]) -> str:
    """Writes how many times its parent's score a candidate's is; empty where it is not known."""
    return "" if attributes["factor"] is None else f"× {attributes['factor']:.2f}"


def heading(graph: networkx.DiGraph) -> str:
    """Says what a graph of `descent` shows."""
    name = f"candidate {graph.graph['candidate']} of {graph.graph['run']}"
    others = len(graph) - 1
    if graph.graph["shows"] == ANCESTORS:
        if not others:
            return f"{name} is the rule that the run started from"
        return f"{name}: {others} step{'s' * (others > 1)} from the start rule"
    if not others:
        return f"nothing that was bred from {name} was trained"
    return f"bred from {name}: the best that was trained, and what led to it ({others} candidates)"
