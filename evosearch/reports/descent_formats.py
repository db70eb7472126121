"""Writes who was bred from whom for other programs: as JSON, and as DOT, which Graphviz draws."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import networkx

from evosearch.reports.descent_drawing import svg
from evosearch.reports.descent_words import factor_of, heading, score_of


def record(graph: networkx.DiGraph) -> dict[str, Any]:
    """Gives a graph of `descent` as JSON has it: what it shows of whom, and all that is in it."""
    return {
        **graph.graph,
        "candidates": [
            {"id": number, **attributes, "mutations": _mutations(graph, number)}
            for number, attributes in graph.nodes(data=True)
        ],
    }


def dot(graph: networkx.DiGraph) -> str:
    """Writes a graph of `descent` in the language of Graphviz.

    Programs are tooltips, which Graphviz puts into an SVG.
    """
    lines = [
        f"digraph {quoted('lineage of ' + graph.graph['run'])} {{",
        f"  graph [{_listed({'label': heading(graph), 'labelloc': 't'})}];",
        '  node [shape="box", style="rounded"];',
    ]
    for number, attributes in graph.nodes(data=True):
        shown = {"label": f"#{number}\n{score_of(attributes)}", "tooltip": attributes["text"]}
        if number == graph.graph["candidate"]:
            shown["style"] = "rounded,bold"
        lines.append(f"  {number} [{_listed(shown)}];")
    for parent, child in graph.edges:
        attributes = graph.nodes[child]
        label = "\n".join(filter(None, (attributes["way"], factor_of(attributes))))
        lines.append(f"  {parent} -> {child} [{_listed({'label': label})}];")
    return "\n".join([*lines, "}"]) + "\n"


def quoted(text: str) -> str:
    r"""Writes a text as a string of DOT, in which a line break is `\n`.

    >>> print(quoted('a "b"'))
    "a \"b\""
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _listed(attributes: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={quoted(text)}" for name, text in attributes.items())


def _mutations(graph: networkx.DiGraph, number: int) -> list[str]:
    """Names the edits that led to a candidate from its parent; none where that is not shown."""
    return [name for _, _, names in graph.in_edges(number, data="mutations") for name in names]


def _json(graph: networkx.DiGraph) -> str:
    return json.dumps(record(graph), indent=2) + "\n"


FORMATS: Mapping[str, Callable[[networkx.DiGraph], str]] = MappingProxyType(
    {"json": _json, "dot": dot, "svg": svg}
)
"""The forms for other programs, by name."""
