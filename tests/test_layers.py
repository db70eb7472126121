"""The packages and modules depend on each other in one direction only."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import networkx

ROOT = Path(__file__).parents[1]
PACKAGES = ("primitives", "proxies", "evosearch")


def imports() -> networkx.DiGraph:
    """Module to the modules of this project that it imports, `__init__` files aside."""
    graph = networkx.DiGraph()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "rules" in path.parts or path.name == "__init__.py":
                continue
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.ImportFrom) or not node.module:
                    continue
                if node.module.split(".")[0] in PACKAGES:
                    names = [f"{node.module}.{alias.name}" for alias in node.names]
                    found = [n for n in names if is_module(n)] or [node.module]
                    graph.add_edges_from((module, target) for target in found)
    return graph


def is_module(name: str) -> bool:
    return (ROOT / Path(*name.split("."))).with_suffix(".py").is_file()


def test_no_module_imports_itself_by_way_of_others() -> None:
    """There is no cycle, type-only imports included."""
    assert networkx.is_directed_acyclic_graph(imports())


def test_packages_depend_downwards_only() -> None:
    """primitives knows neither of the others, proxies only primitives."""
    rank = {name: place for place, name in enumerate(PACKAGES)}
    for module, target in imports().edges:
        assert rank[target.split(".")[0]] <= rank[module.split(".")[0]], (module, target)


def test_the_architecture_page_lists_every_module_in_the_order_of_imports() -> None:
    """Each module of evosearch imports only what stands in its own row or in one above."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("Inside `evosearch/`")[1]
    rows = re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE)
    rank = {name: place for place, row in enumerate(rows) for name in re.findall(r"`(\w+)`", row)}
    found = {path.stem for path in (ROOT / "evosearch").glob("[a-z]*.py")}
    assert set(rank) == found
    for module, target in imports().edges:
        if module.startswith("evosearch.") and target.startswith("evosearch."):
            above, below = target.split(".")[1], module.split(".")[1]
            assert below not in rank or rank[above] <= rank[below], (module, target)


def test_only_the_table_names_operations() -> None:
    """No module outside the primitive table compares with an operation's name."""
    from primitives import OPERATIONS

    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "rules" in path.parts or path.is_relative_to(ROOT / "primitives" / "rows"):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Compare):
                    named = [
                        c for c in (node.left, *node.comparators) if isinstance(c, ast.Constant)
                    ]
                    for constant in named:
                        assert constant.value not in OPERATIONS, (path, node.lineno)
