"""The plan of the packages: which room may import which, as ARCHITECTURE.md lists it.

A room is a folder, or a module that ARCHITECTURE.md names as one. Its row says what the room may
import, so a new module needs no line anywhere.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import networkx
import pytest

from primitives import OPERATIONS

ROOT = Path(__file__).parents[1]
PACKAGES = ("primitives", "proxies", "evosearch")
LONGEST = 300
"""The most lines of a module, tables of rows aside."""
MEDIAN = 130


def modules() -> Iterator[Path]:
    """The modules of the packages, relative to the root; the known rules are data."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            inside = path.relative_to(ROOT)
            if "rules" not in inside.parts and "templates" not in inside.parts:
                yield inside


def is_module(name: str) -> bool:
    place = ROOT / Path(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def path_of(name: str) -> str:
    """The path of a module or package by its dotted name."""
    place = Path(*name.split("."))
    return str(place.with_suffix(".py") if (ROOT / place).with_suffix(".py").is_file() else place)


@cache
def imports() -> networkx.DiGraph:
    """Module to the modules and packages of this project that it imports, by path."""
    graph = networkx.DiGraph()
    for path in modules():
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            if node.module.split(".")[0] in PACKAGES:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                targets = [name for name in names if is_module(name)] or [node.module]
                graph.add_edges_from((str(path), path_of(target)) for target in targets)
    return graph


@cache
def rooms() -> dict[str, frozenset[str]]:
    """From ARCHITECTURE.md: each room's path and the rooms it may import, bottom up."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w/.]+)` \| .* \| (.*) \|$", page, re.MULTILINE)
    return {
        name.rstrip("/"): frozenset(r.rstrip("/") for r in re.findall(r"`([\w/.]+)`", allowed))
        for name, allowed in rows
    }


def room_of(path: str) -> str:
    """The innermost room that a module or package lies in."""
    around = [room for room in rooms() if path == room or path.startswith(f"{room}/")]
    assert around, f"{path} is in no room of ARCHITECTURE.md"
    return max(around, key=len)


def arrows() -> set[tuple[str, str]]:
    """Which rooms import which."""
    return {
        (room_of(module), room_of(target))
        for module, target in imports().edges
        if room_of(module) != room_of(target) and Path(module).name != "__init__.py"
    }


def test_no_module_imports_itself_by_way_of_others() -> None:
    """There is no cycle among modules, type-only imports included."""
    graph = imports().copy()
    graph.remove_nodes_from([n for n in graph if Path(n).name == "__init__.py"])
    assert networkx.is_directed_acyclic_graph(graph)


def test_every_folder_is_a_room() -> None:
    """Each package folder and each module beside the folders has its row."""
    folders = {str(path.parent) for path in modules() if path.name == "__init__.py"}
    assert folders <= set(rooms())
    assert {room for room in rooms() if not (ROOT / room).exists()} == set()


def test_rooms_import_what_their_rows_say_and_no_less() -> None:
    """No import points to a room that the importing room's row leaves out; no row says too much."""
    actual = arrows()
    listed = {(room, other) for room, allowed in rooms().items() for other in allowed}
    assert sorted(actual - listed) == []
    assert sorted(listed - actual) == []


def test_no_row_points_down_the_list() -> None:
    """Rooms are listed bottom up: each may import only rooms listed before it."""
    rank = {room: place for place, room in enumerate(rooms())}
    for room, allowed in rooms().items():
        for other in allowed:
            assert rank[other] < rank[room], (room, other)


def test_modules_are_short() -> None:
    """None is longer than is read at a sitting, but for tables of rows."""
    lengths = {
        path: len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in modules()
        if path.name != "__init__.py"
    }
    long = {str(path): n for path, n in lengths.items() if n > LONGEST}
    assert {path for path in long if not path.startswith("primitives/rows/")} == set()
    assert median(lengths.values()) <= MEDIAN


@pytest.mark.parametrize(
    "folder", sorted({str(path.parent) for path in modules()}), ids=lambda name: str(name)
)
def test_every_module_has_tests_of_its_name(folder: str) -> None:
    """Or `TESTED_ELSEWHERE` in the folder's test_room.py says where they are, and why."""
    tests = ROOT / "tests" / folder
    note = tests / "test_room.py"
    scope: dict[str, dict[str, str]] = {}
    if note.exists():
        exec(note.read_text(encoding="utf-8"), scope)
    elsewhere = scope.get("TESTED_ELSEWHERE", {})
    names = {path.stem for path in modules() if str(path.parent) == folder} - {"__init__"}
    own = {path.stem.removeprefix("test_") for path in tests.glob("test_*.py")}
    assert names - own - set(elsewhere) == set()
    assert set(elsewhere) & own == set()
    assert set(elsewhere) <= names


def test_only_the_table_names_operations() -> None:
    """No module outside the primitive table compares with an operation's name."""
    for path in modules():
        if path.is_relative_to("primitives/rows"):
            continue
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                for constant in (node.left, *node.comparators):
                    if isinstance(constant, ast.Constant):
                        assert constant.value not in OPERATIONS, (path, node.lineno)
