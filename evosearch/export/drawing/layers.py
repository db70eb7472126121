"""Sorts the boxes of a picture into layers from left to right, with few wires that cross.

A wire that passes through a layer has a point there, which all wires from the same box share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evosearch.export.drawing.picture import Picture, Role, Wire

_SWEEPS = 24
"""How often the layers are reordered from one side to the other; more changes nothing seen."""

Point = tuple[int, int]
"""A box and a layer: the box itself, or where its wires pass through a later layer."""


@dataclass(frozen=True)
class Layers:
    """Holds the points of each layer from top to bottom, and the pieces of wires between."""

    points: tuple[tuple[Point, ...], ...]
    pieces: tuple[tuple[Point, Point], ...]
    home: Mapping[int, int]
    """The layer of each box."""

    def path(self, wire: Wire) -> list[Point]:
        """Lists the points along a wire, its ends included."""
        return _path(wire, self.home)


def layered(picture: Picture) -> Layers:
    """Puts what is given on the left, results on the right, and operations after their operands."""
    home = _homes(picture)
    pieces: dict[tuple[Point, Point], None] = {}
    points: list[dict[Point, None]] = [{} for _ in range(max(home.values()) + 1)]
    for box, layer in home.items():
        points[layer][box, layer] = None
    for wire in picture.wires:
        path = _path(wire, home)
        for point in path:
            points[point[1]][point] = None
        pieces.update(dict.fromkeys(pairwise(path)))
    return Layers(tuple(_uncrossed([list(p) for p in points], list(pieces))), tuple(pieces), home)


def _path(wire: Wire, home: Mapping[int, int]) -> list[Point]:
    passed = range(home[wire.source], home[wire.target])
    return [*((wire.source, layer) for layer in passed), (wire.target, home[wire.target])]


def _homes(picture: Picture) -> dict[int, int]:
    """Finds the layer of each box: one after the last of its operands."""
    import networkx  # slow to load, and needed by few commands

    graph = networkx.DiGraph()
    graph.add_nodes_from(range(len(picture.boxes)))
    graph.add_edges_from((wire.source, wire.target) for wire in picture.wires)
    order = list(networkx.topological_sort(graph))
    home: dict[int, int] = {}
    for box in order:
        given = picture.boxes[box].role in (Role.INPUT, Role.OLD_STATE)
        home[box] = 0 if given else max((home[i] + 1 for i in graph.pred[box]), default=1)
    last = max(home.values())
    for box in reversed(order):
        role = picture.boxes[box].role
        if role in (Role.DIRECTION, Role.NEW_STATE):
            home[box] = last
        elif role is Role.OPERATION and not graph.pred[box]:  # near what it is for
            home[box] = min(home[i] for i in graph.succ[box]) - 1
    return home


def _uncrossed(
    points: list[list[Point]], pieces: Sequence[tuple[Point, Point]]
) -> list[tuple[Point, ...]]:
    """Reorders each layer by where its neighbours lie, from side to side; keeps the best order."""
    before: dict[Point, list[Point]] = {point: [] for layer in points for point in layer}
    after: dict[Point, list[Point]] = {point: [] for layer in points for point in layer}
    for left, right in pieces:
        after[left].append(right)
        before[right].append(left)
    best, fewest = [tuple(layer) for layer in points], crossings(points, after)
    for sweep in range(_SWEEPS):
        rightwards = sweep % 2 == 0
        neighbours = before if rightwards else after
        for layer in range(len(points))[:: 1 if rightwards else -1]:
            beside = layer - 1 if rightwards else layer + 1
            _sort(points, layer, beside, neighbours, turned=sweep % 4 > 1)
        _exchange(points, before, after)
        count = crossings(points, after)
        if count < fewest:
            best, fewest = [tuple(layer) for layer in points], count
    return best


def _sort(
    points: list[list[Point]],
    layer: int,
    beside: int,
    neighbours: Mapping[Point, list[Point]],
    turned: bool,
) -> None:
    """Sorts a layer by the middle of each point's neighbours in the one beside it.

    `turned` turns around those of one middle, lest they stay for ever as they happened to lie.
    """
    if not 0 <= beside < len(points):
        return
    rank = {point: place for place, point in enumerate(points[beside])}
    middle = {
        point: sum(rank[other] for other in others) / len(others) if others else float(place)
        for place, point in enumerate(points[layer])
        for others in [neighbours[point]]
    }
    if turned:
        points[layer].reverse()
    points[layer].sort(key=middle.__getitem__)


def _exchange(
    points: list[list[Point]],
    before: Mapping[Point, list[Point]],
    after: Mapping[Point, list[Point]],
) -> None:
    """Exchanges points that lie one above the other, as long as fewer wires cross."""
    for place, layer in enumerate(points):
        sides = [
            (neighbours, {point: n for n, point in enumerate(points[beside])})
            for neighbours, beside in ((before, place - 1), (after, place + 1))
            if 0 <= beside < len(points)
        ]
        for _ in layer:
            for i in range(len(layer) - 1):
                upper, lower = layer[i : i + 2]
                if _cost(lower, upper, sides) < _cost(upper, lower, sides):
                    layer[i : i + 2] = lower, upper


def _cost(
    upper: Point,
    lower: Point,
    sides: Sequence[tuple[Mapping[Point, list[Point]], Mapping[Point, int]]],
) -> int:
    """Counts the crossings of what leads to two points of a layer, one above the other."""
    return sum(
        rank[a] > rank[b]
        for neighbours, rank in sides
        for a in neighbours[upper]
        for b in neighbours[lower]
    )


def crossings(points: Sequence[Sequence[Point]], after: Mapping[Point, Sequence[Point]]) -> int:
    """Counts the pairs of pieces that cross, `after` being where those from a point lead."""
    return sum(
        upper > lower
        for layer, following in pairwise(points)
        for uppers, lowers in _pairs_of_ends(layer, following, after)
        for upper in uppers
        for lower in lowers
    )


def _pairs_of_ends(
    layer: Sequence[Point], following: Sequence[Point], after: Mapping[Point, Sequence[Point]]
) -> Iterator[tuple[list[int], list[int]]]:
    rank = {point: place for place, point in enumerate(following)}
    ends = [[rank[other] for other in after[point]] for point in layer]
    for place, upper in enumerate(ends):
        for lower in ends[place + 1 :]:
            yield upper, lower
