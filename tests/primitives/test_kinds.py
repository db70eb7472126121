"""Kinds are a partial order, and nothing in the packages compares them otherwise."""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from primitives import Kind, fits, join
from primitives.kinds import smallest_first

ROOT = Path(__file__).parents[2]
KINDS = list(Kind)
NUMBERS = {Kind.SCALAR: 1, Kind.LEAF: 3, Kind.ROW: 6, Kind.COLUMN: 5, Kind.TENSOR: 10}
"""How many numbers a value of each kind holds in a model of tensors of 3, 1 and 2 x 3 elements."""


def test_fits_is_a_partial_order() -> None:
    """It is reflexive, antisymmetric and transitive."""
    for a, b, c in itertools.product(KINDS, repeat=3):
        assert fits(a, a)
        assert a is b or not (fits(a, b) and fits(b, a))
        assert fits(a, c) or not (fits(a, b) and fits(b, c))


def test_a_kind_fits_into_none_with_fewer_numbers() -> None:
    """Values spread upwards only."""
    for a, b in itertools.product(KINDS, repeat=2):
        if fits(a, b):
            assert NUMBERS[a] <= NUMBERS[b]
    assert all(fits(Kind.SCALAR, kind) and fits(kind, Kind.TENSOR) for kind in KINDS)


def test_join_is_the_least_upper_bound() -> None:
    """All fit into it, and it fits into everything into which all fit."""
    for count in range(4):
        for kinds in itertools.product(KINDS, repeat=count):
            joined = join(kinds)
            assert all(fits(kind, joined) for kind in kinds)
            for other in KINDS:
                if all(fits(kind, other) for kind in kinds):
                    assert fits(joined, other)


def test_join_takes_any_iterable_in_any_order() -> None:
    """It may be an iterator, and what comes twice or in another order changes nothing."""
    for kinds in itertools.permutations(KINDS):
        assert join(iter(kinds)) is join(kinds * 2) is join(KINDS)


def test_sorting_puts_each_kind_before_those_it_spreads_over() -> None:
    """The key for sorting extends the partial order, and tells all kinds apart."""
    for a, b in itertools.product(KINDS, repeat=2):
        if a is not b:
            assert smallest_first(a) != smallest_first(b)
            assert not fits(a, b) or smallest_first(a) < smallest_first(b)


def test_kinds_have_no_other_order() -> None:
    """Python itself refuses to compare them."""
    with pytest.raises(TypeError, match="not supported between instances of 'Kind' and 'Kind'"):
        sorted(KINDS)


def speaks_of_kinds(node: ast.AST) -> bool:
    """Whether an expression names `Kind`, or something called a kind or kinds, but as an index."""
    if isinstance(node, ast.Subscript):
        return speaks_of_kinds(node.value)
    name = getattr(node, "id", getattr(node, "attr", ""))
    named = bool(re.fullmatch(r"Kind|(\w+_)?kinds?", name))
    return named or any(map(speaks_of_kinds, ast.iter_child_nodes(node)))


def comparisons(tree: ast.AST) -> Iterator[int]:
    """The lines that order kinds by other means than `fits`, `join` and `smallest_first`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            ordered = any(isinstance(op, ast.Lt | ast.Gt | ast.LtE | ast.GtE) for op in node.ops)
            if ordered and any(map(speaks_of_kinds, (node.left, *node.comparators))):
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            keyed = any(keyword.arg == "key" for keyword in node.keywords)
            if name in ("max", "min", "sorted", "sort") and not keyed and speaks_of_kinds(node):
                yield node.lineno


@pytest.mark.parametrize(
    "planted",
    [
        "node.kind < Kind.TENSOR",
        "a <= own_kind <= b",
        "max(kinds)",
        "min(node.kind for node in nodes)",
        "sorted({slot.kind for slot in slots})",
        "kinds.sort()",
    ],
)
def test_the_search_for_comparisons_catches(planted: str) -> None:
    """Each way to order kinds by something else is seen."""
    assert list(comparisons(ast.parse(planted))) == [1]


def test_no_kinds_are_ordered_otherwise() -> None:
    """No module of the three packages compares kinds by <, max, min or sorting without a key."""
    paths = [
        p for name in ("primitives", "proxies", "evosearch") for p in (ROOT / name).rglob("*.py")
    ]
    assert len(paths) > 100
    for path in paths:
        if not path.is_relative_to(ROOT / "evosearch" / "language" / "rules"):
            lines = list(comparisons(ast.parse(path.read_text(encoding="utf-8"))))
            assert not lines, (path, lines)
