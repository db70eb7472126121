"""Layers go from what is given to what results, and are ordered so that few wires cross."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, pairwise, permutations, product

import pytest

from evosearch import Program, known_rule, lower, rule_names
from evosearch.export.drawing.layers import Layers, crossings, layered
from evosearch.export.drawing.picture import Box, Picture, Role, Wire, picture
from tests.support.bred_programs import breed

PROGRAMS = [*map(known_rule, rule_names()), *breed(4, 10).programs]


def crossed(layers: Layers) -> int:
    """Pairs of pieces between the same layers whose ends lie in opposite orders."""
    place = {point: n for layer in layers.points for n, point in enumerate(layer)}
    return sum(
        (place[a] - place[c]) * (place[b] - place[d]) < 0
        for (a, b), (c, d) in combinations(layers.pieces, 2)
        if a[1] == c[1]
    )


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_wires_lead_to_the_right(program: Program) -> None:
    """By way of a point in every layer between; what is given is on the left, results right."""
    shown = picture(lower(program))
    layers = layered(shown)
    last = len(layers.points) - 1
    for wire in shown.wires:
        path = layers.path(wire)
        assert [layer for _, layer in path] == list(
            range(layers.home[wire.source], layers.home[wire.target] + 1)
        )
        assert len(path) > 1
        assert set(path) <= {point for layer in layers.points for point in layer}
        assert set(pairwise(path)) <= set(layers.pieces)
    for number, box in enumerate(shown.boxes):
        if box.role in (Role.INPUT, Role.OLD_STATE):
            assert layers.home[number] == 0
        elif box.role in (Role.DIRECTION, Role.NEW_STATE):
            assert layers.home[number] == last
        else:
            assert 0 <= layers.home[number] < last
    points = [point for layer in layers.points for point in layer]
    assert len(points) == len(set(points))


@pytest.mark.parametrize("name", ["lion", "momentum", "adagrad", "rmsprop", "signum", "adam"])
def test_plain_rules_cross_as_little_as_they_can(name: str) -> None:
    """Lion's two averages read the same two values, which crosses once; Adam's twice at most."""
    layers = layered(picture(lower(known_rule(name))))
    most = {"lion": 1, "adam": 2}.get(name, 0)
    assert crossed(layers) <= most


def ladder(edges: list[tuple[int, int]], width: int) -> Picture:
    """Inputs, and operations that read them; each operation is a result of its own."""
    boxes = [Box(str(n), Role.INPUT) for n in range(width)]
    boxes += [Box(str(n), Role.NEW_STATE) for n in range(width)]
    wires = [Wire(a, width + b, 0) for a, b in edges]
    return Picture(tuple(boxes), tuple(wires), ())


@pytest.mark.parametrize(
    "edges",
    [
        [(0, 3), (1, 2), (2, 1), (3, 0)],
        [(0, 2), (1, 3), (2, 0), (3, 1), (0, 3)],
        [(0, 0), (0, 3), (1, 2), (2, 1), (3, 0), (1, 1)],
    ],
)
def test_the_best_order_of_two_layers_is_known(edges: list[tuple[int, int]]) -> None:
    """All orders of both were tried."""
    best = min(
        sum(
            (left[a] - left[c]) * (right[b] - right[d]) < 0
            for (a, b), (c, d) in combinations(edges, 2)
        )
        for left, right in product(permutations(range(4)), repeat=2)
    )
    assert crossed(layered(ladder(edges, 4))) == best


def test_crossings_are_counted() -> None:
    """Each pair once; wires that share an end do not cross."""
    points = [[(0, 0), (1, 0)], [(2, 1), (3, 1)]]
    after = defaultdict(list, {(0, 0): [(2, 1), (3, 1)], (1, 0): [(2, 1), (3, 1)]})
    assert crossings(points, after) == 1
    assert crossings([points[0][::-1], points[1]], after) == 1
    assert crossings(points, defaultdict(list, {(0, 0): [(2, 1)], (1, 0): [(2, 1)]})) == 0


def test_an_operation_without_wires_stands_before_what_needs_it() -> None:
    """RAdam computes a constant of its decay rates."""
    shown = picture(lower(known_rule("radam")))
    layers = layered(shown)
    (alone,) = [
        n
        for n, box in enumerate(shown.boxes)
        if box.role is Role.OPERATION and all(wire.target != n for wire in shown.wires)
    ]
    (user,) = [wire.target for wire in shown.wires if wire.source == alone]
    assert layers.home[user] == layers.home[alone] + 1
