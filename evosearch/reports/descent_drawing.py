"""Draws who was bred from whom as an SVG that loads nothing: a row for each candidate.

Letters all have one width, so it is known without measuring how wide a text is, and columns of text
never run into each other. It is written by hand rather than by matplotlib, since an SVG of text and
lines needs no plot, and so each row can show its program when it is pointed at.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

import networkx

from evosearch.reports.descent_words import factor_of, heading, score_of
from evosearch.reports.outline import Row, outline

_NAMESPACE = "http://www.w3.org/2000/svg"
_FONT = "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
_SIZE, _LETTER = 13.0, 0.62 * 13.0
"""The height of letters and a width that no usual font of one width exceeds, in pixels."""
_ROW, _COLUMN, _MARGIN, _GAP = 26.0, 18.0, 16.0, 18.0
_DOT = 5.0
_INK, _MUTED, _LINE, _FILL, _PAPER = "#1a1d21", "#5b6470", "#9aa2ad", "#0072b2", "#ffffff"


def svg(graph: networkx.DiGraph) -> str:
    """Draws a graph of `descent`; equal graphs give equal texts."""
    rows = outline(graph)
    texts = [_texts(graph, row.node) for row in rows]
    lefts = _lefts(rows, texts)
    width = max(lefts[-1], _length(heading(graph)) + _MARGIN) + _MARGIN
    height = 2 * _MARGIN + _ROW * (len(rows) + 1)
    root = ET.Element(
        "svg",
        {
            "xmlns": _NAMESPACE,
            "viewBox": f"0 0 {width:.0f} {height:.0f}",
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "role": "img",
            "aria-labelledby": "title desc",
            "font-family": _FONT,
            "font-size": f"{_SIZE:g}",
        },
    )
    ET.SubElement(root, "title", {"id": "title"}).text = heading(graph)
    ET.SubElement(root, "desc", {"id": "desc"}).text = _description(graph, rows)
    ET.SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": _PAPER})
    _write(root, _MARGIN, _height(-1), heading(graph), _MUTED)
    for place, row in enumerate(rows):
        if row.parent is not None:
            _draw_line(root, rows[row.parent], row.parent, row, place)
    for place, (row, own) in enumerate(zip(rows, texts, strict=True)):
        _draw_row(root, graph, row, _height(place), own, lefts)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _texts(graph: networkx.DiGraph, number: int) -> tuple[str, ...]:
    """Gives what stands beside a candidate, a text for each column."""
    attributes = graph.nodes[number]
    return f"#{number}", score_of(attributes), factor_of(attributes), attributes["way"]


def _lefts(rows: Sequence[Row], texts: Sequence[tuple[str, ...]]) -> list[float]:
    """Gives where each column of texts begins, and where the last one ends."""
    lefts = [_MARGIN + _COLUMN * (max(row.column for row in rows) + 1)]
    for column in zip(*texts, strict=True):
        longest = max(map(_length, column))
        lefts.append(lefts[-1] + longest + (_GAP if longest else 0.0))
    lefts[-1] -= _GAP
    return lefts


def _length(text: str) -> float:
    return _LETTER * len(text)


def _height(place: int) -> float:
    """Gives the middle of a row; the heading is in row -1."""
    return _MARGIN + _ROW * (place + 1.5)


def _across(column: int) -> float:
    return _MARGIN + _DOT + _COLUMN * column


def _description(graph: networkx.DiGraph, rows: Sequence[Row]) -> str:
    """Tells in words what is drawn, for those who have it read to them."""
    told = []
    for row in rows:
        attributes = graph.nodes[row.node]
        parent = "" if row.parent is None else f" from candidate {rows[row.parent].node}"
        way, times = attributes["way"], factor_of(attributes)
        told.append(
            f"Candidate {row.node}, {score_of(attributes)}: {way}{parent}"
            + (f", {times}." if times else ".")
        )
    return " ".join(told)


def _draw_line(root: ET.Element, parent: Row, above: int, row: Row, place: int) -> None:
    """Draws a line from parent to child, down in the parent's column and then to the side."""
    x, y = _across(parent.column), _height(place)
    path = f"M{x:g} {_height(above):g}V{y:g}" + (
        "" if row.column == parent.column else f"h{_COLUMN:g}"
    )
    ET.SubElement(root, "path", {"d": path, "fill": "none", "stroke": _LINE, "stroke-width": "1.5"})


def _draw_row(
    root: ET.Element,
    graph: networkx.DiGraph,
    row: Row,
    y: float,
    texts: Sequence[str],
    lefts: Sequence[float],
) -> None:
    attributes = graph.nodes[row.node]
    group = ET.SubElement(root, "g")
    ET.SubElement(group, "title").text = attributes["text"]
    tuned = attributes["round"] is not None
    ET.SubElement(
        group,
        "circle",
        {
            "cx": f"{_across(row.column):g}",
            "cy": f"{y:g}",
            "r": f"{_DOT:g}",
            "fill": _FILL if tuned else _PAPER,
            "stroke": _FILL,
            "stroke-width": "1.5",
        },
    )
    colours = (_INK, _INK, _INK, _MUTED)
    meant = row.node == graph.graph["candidate"]
    for left, text, colour in zip(lefts, texts, colours, strict=False):
        if text:
            _write(group, left, y, text, colour, bold=meant)


def _write(
    parent: ET.Element, x: float, y: float, text: str, colour: str, bold: bool = False
) -> None:
    # The middle of small letters, by a part of the size: programs differ in what a middle is.
    attributes = {"x": f"{x:g}", "y": f"{y + 0.35 * _SIZE:g}", "fill": colour}
    if bold:
        attributes["font-weight"] = "bold"
    ET.SubElement(parent, "text", attributes).text = text
