"""Writes who was bred from whom for a terminal: a row for each candidate, and what it changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
import networkx

from evosearch.reports.ancestry import bare_text, changed
from evosearch.reports.descent import ANCESTORS
from evosearch.reports.descent_words import factor_of, heading, score_of
from evosearch.reports.outline import Row, outline
from evosearch.search.store_reader import StoreReader

_COLOURS = {"-": "red", "+": "green"}


def lineage_text(store: StoreReader, graph: networkx.DiGraph) -> str:
    """Writes a graph of `descent`, with colours; a line of descent has the lines that changed."""
    rows = outline(graph)
    cells = [(_drawn(row, rows), *_texts(graph, row.node)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [heading(graph)]
    for row, texts in zip(rows, cells, strict=True):
        padded = [text.ljust(width) for text, width in zip(texts, widths, strict=True)]
        line = "  ".join(text for text in padded if text).rstrip()
        lines.append(click.style(line, bold=True) if row.node == graph.graph["candidate"] else line)
        if graph.graph["shows"] == ANCESTORS and row.parent is not None:
            before = graph.nodes[rows[row.parent].node]["text"]
            lines += _changes(store, before, graph.nodes[row.node]["text"], row.has_more)
    return "\n".join(lines) + "\n"


def _texts(graph: networkx.DiGraph, number: int) -> tuple[str, ...]:
    attributes = graph.nodes[number]
    return f"#{number}", score_of(attributes), factor_of(attributes), attributes["way"]


def _drawn(row: Row, rows: Sequence[Row]) -> str:
    """Draws the part of the tree that is in a row, in letters that every terminal has."""
    bars = ["| " if column in row.passing else "  " for column in range(row.column)]
    parent = None if row.parent is None else rows[row.parent]
    if parent is not None and parent.column < row.column:
        bars[-1] = "|-"
    return "".join([*bars, "*"])


def _changes(store: StoreReader, before: str, after: str, goes_on: bool) -> Iterator[str]:
    """Writes the lines that a step took out and put in, beside the line that goes on."""
    lines = changed(bare_text(store, before), bare_text(store, after))
    told = [
        click.style(f"{sign} {line}", fg=_COLOURS[sign]) for sign, line in lines if sign in _COLOURS
    ]
    for line in told or ["the program is the same, without what it does not use"]:
        yield f"{'|' if goes_on else ' '}      {line}"
