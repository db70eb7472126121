"""Gives the points of a drawing their places: layers side by side, wires nearly straight.

Lengths are inches, the origin lies at the top left.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evosearch.export.drawing.layers import Layers, Point
from evosearch.export.drawing.picture import Picture

HEIGHT = 0.4
"""The height of a box."""
_LETTER = 0.1
"""The width of a letter, roughly."""
_PADDING = 0.36
_BETWEEN_BOXES, _BETWEEN_WIRES = 0.62, 0.26
_BETWEEN_LAYERS = 0.5
_ROUNDS = 200
_STIFFNESS = (1.0, 2.0, 20.0)
"""How much a piece of wire keeps straight, by how many of its ends are no boxes."""


@dataclass(frozen=True)
class Placement:
    """Holds the middle of each point, and the width of each box."""

    middles: Mapping[Point, tuple[float, float]]
    widths: tuple[float, ...]
    columns: tuple[float, ...]
    """The width of each layer."""
    size: tuple[float, float]


def placed(picture: Picture, layers: Layers) -> Placement:
    """Places the points of a picture's layers; the order of each layer stays."""
    widths = tuple(_width(box.text) for box in picture.boxes)
    columns = tuple(
        max((widths[box] for box, at in layer if layers.home[box] == at), default=0.0)
        for layer in layers.points
    )
    x, left = [], 0.0
    for column in columns:
        x.append(left + column / 2)
        left += column + _BETWEEN_LAYERS
    y = _heights(layers)
    top, bottom = min(y.values()), max(y.values())
    middles = {point: (x[point[1]], height - top + HEIGHT / 2) for point, height in y.items()}
    return Placement(middles, widths, columns, (left - _BETWEEN_LAYERS, bottom - top + HEIGHT))


def _width(text: str) -> float:
    letters = sum(not unicodedata.combining(letter) for letter in text)
    return _PADDING + _LETTER * letters


def _heights(layers: Layers) -> dict[Point, float]:
    """Moves points towards what they are joined with, in turns, as far as there is room."""
    joined: dict[Point, list[Point]] = {point: [] for layer in layers.points for point in layer}
    for left, right in layers.pieces:
        joined[left].append(right)
        joined[right].append(left)
    y = {
        point: place * _BETWEEN_BOXES
        for layer in layers.points
        for place, point in enumerate(layer)
    }
    for turn in range(_ROUNDS):
        for layer in layers.points if turn % 2 else reversed(layers.points):
            wanted, weights = [], []
            for point in layer:
                stiff = [_stiffness(point, other, layers) for other in joined[point]]
                heights = [y[other] for other in joined[point]]
                total = sum(stiff)
                wanted.append(
                    sum(w * h for w, h in zip(stiff, heights, strict=True)) / total
                    if total
                    else y[point]
                )
                weights.append(total or 0.1)
            gaps = [_gap(a, b, layers) for a, b in pairwise(layer)]
            y.update(zip(layer, spaced(wanted, weights, gaps), strict=True))
    return y


def _stiffness(point: Point, other: Point, layers: Layers) -> float:
    return _STIFFNESS[sum(layers.home[box] != layer for box, layer in (point, other))]


def _gap(upper: Point, lower: Point, layers: Layers) -> float:
    boxes = sum(layers.home[box] == layer for box, layer in (upper, lower))
    return (_BETWEEN_WIRES, (_BETWEEN_WIRES + _BETWEEN_BOXES) / 2, _BETWEEN_BOXES)[boxes]


def spaced(wanted: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Finds the places nearest to those wanted, in the same order and at least `gaps` apart.

    Nearest by the weighted sum of squares: what would overlap is pooled, and the pool moves to
    where it is pulled on the whole.

    >>> spaced([0.0, 0.0, 5.0], [1.0, 1.0, 1.0], [1.0, 1.0])
    [-0.5, 0.5, 5.0]
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    pools: list[tuple[float, float, int]] = []  # place, weight, how many
    for place, weight, offset in zip(wanted, weights, offsets, strict=False):
        pools.append((place - offset, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, v, m), (b, w, n) = pools[-2:]
            pools[-2:] = [((a * v + b * w) / (v + w), v + w, m + n)]
    levels = [place for place, _, many in pools for _ in range(many)]
    return [level + offset for level, offset in zip(levels, offsets, strict=False)]
