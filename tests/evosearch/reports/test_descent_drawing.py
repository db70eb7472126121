"""The drawing of a lineage: a file of its own, in which nothing lies upon anything else."""

from __future__ import annotations

import random
from pathlib import Path
from xml.etree import ElementTree as ET

import networkx
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from evosearch.reports.descent import line_to, tree_from
from evosearch.reports.descent_drawing import svg
from evosearch.search.store_reader import StoreReader
from tests.support.made_candidates import Made, add, begin, duplicate

SVG = "{http://www.w3.org/2000/svg}"
EDITS = ("insert", "delete", "modify-argument", "replace-primitive")
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def grown(folder: Path, length: int, seed: int | None = None) -> StoreReader:
    """A run whose candidates are a line or, with a seed, some tree."""
    draw = random.Random(seed)
    begin(folder)
    add(folder, Made(None, mutations=()))
    for number in range(1, length):
        parent = number - 1 if seed is None else draw.randrange(number)
        edits = tuple(draw.choices(EDITS, k=draw.randint(1, 4)))
        one = Made(parent, draw.gauss(0, 1), mutations=edits)
        add(folder, duplicate(0, parent) if draw.random() < 0.2 else one)
    return StoreReader.open(folder)


def texts(root: ET.Element) -> list[tuple[str, Box]]:
    """The texts of a drawing, with the boxes that they fill when set in DejaVu Sans Mono."""
    size = float(root.attrib["font-size"])
    boxes = []
    for element in root.iter(f"{SVG}text"):
        weight = element.get("font-weight", "normal")
        font = FontProperties(family="DejaVu Sans Mono", weight=weight)
        assert element.text
        extents = TextPath((0, 0), element.text, size=size, prop=font).get_extents()
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        boxes.append(
            (element.text, (x + extents.x0, y - extents.y1, x + extents.x1, y - extents.y0))
        )
    return boxes


def apart(one: Box, other: Box) -> bool:
    return one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]


def check(text: str, graph: networkx.DiGraph) -> None:
    """Reads a drawing and refuses one that loads, lacks or covers anything."""
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    named = {element.get("id"): element for element in root.iter() if element.get("id")}
    for name in root.attrib["aria-labelledby"].split():
        assert named[name].text
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    # Nothing is loaded: no reference but the name of the language.
    assert "href" not in text
    assert "url(" not in text
    assert text.count("http") == 1
    boxes = texts(root)
    for place, (_, one) in enumerate(boxes):
        for _, other in boxes[place + 1 :]:
            assert apart(one, other), (one, other)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for written, (left, top, right, bottom) in boxes:
        assert left >= 0, written
        assert top >= 0
        assert right <= width
        assert bottom <= height
    circles = [
        (float(circle.attrib["cx"]), float(circle.attrib["cy"]), float(circle.attrib["r"]))
        for circle in root.iter(f"{SVG}circle")
    ]
    assert len(circles) == len(graph)
    for x, y, r in circles:
        for _, box in boxes:
            assert apart((x - r, y - r, x + r, y + r), box)
    assert sum(text.startswith("#") for text, _ in boxes) == len(graph)
    assert len(list(root.iter(f"{SVG}path"))) == len(graph.edges)


@pytest.mark.parametrize("ancestors", [1, 5, 30])
def test_a_line_has_room(ancestors: int, tmp_path: Path) -> None:
    """However long it is, each step has a row of its own."""
    with grown(tmp_path / "run", ancestors + 1) as store:
        line = line_to(store, ancestors)
    check(svg(line), line)


def test_the_start_rule_alone_is_drawn(tmp_path: Path) -> None:
    """As a point without lines."""
    with grown(tmp_path / "run", 1) as store:
        for graph in (line_to(store, 0), tree_from(store, 0)):
            check(svg(graph), graph)


@pytest.mark.parametrize("seed", range(3))
def test_a_tree_has_room(seed: int, tmp_path: Path) -> None:
    """With children beside and below each other."""
    with grown(tmp_path / "run", 40, seed) as store:
        tree = tree_from(store, 0, 30)
    check(svg(tree), tree)


def test_names_are_no_markup(tmp_path: Path) -> None:
    """A run may be called as it likes, and programs have signs of comparison."""
    folder = begin(tmp_path / "a <b> & 'c'")
    add(folder, Made(None, text="def f(g):\n    return g < 1 & 2\n"))
    with StoreReader.open(folder) as store:
        root = ET.fromstring(svg(line_to(store, 0)))
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == "candidate 0 of a <b> & 'c' is the rule that the run started from"
    tips = [element.text for element in root.iter(f"{SVG}title")]
    assert tips[1] == "def f(g):\n    return g < 1 & 2\n"
