"""Finds the ways of wires: level within a layer, so that they pass its boxes, curved between."""

from __future__ import annotations

from collections.abc import Sequence

from evosearch.export.drawing.layers import Layers, Point
from evosearch.export.drawing.picture import Picture
from evosearch.export.drawing.placement import HEIGHT, Placement

Spot = tuple[float, float]
"""A place on the drawing, in inches."""


def arrivals(picture: Picture, layers: Layers, placement: Placement) -> list[float]:
    """Finds for each wire how far below the middle of its target it arrives."""
    ports = [0.0] * len(picture.wires)
    for box in range(len(picture.boxes)):
        arriving = [
            (placement.middles[layers.path(wire)[-2]][1], wire.place, number)
            for number, wire in enumerate(picture.wires)
            if wire.target == box
        ]
        apart = 0.75 * HEIGHT / max(2, len(arriving))
        for place, (_, _, number) in enumerate(sorted(arriving)):
            ports[number] = apart * (place - (len(arriving) - 1) / 2)
    return ports


def route(path: Sequence[Point], placement: Placement, port: float) -> list[Spot]:
    """Lists the spots that a wire passes: curves lead across the gaps between layers."""
    (first, *passed, last) = path
    spots = []
    x, y = placement.middles[first]
    spots.append((x + placement.widths[first[0]] / 2, y))
    spots.append((x + placement.columns[first[1]] / 2, y))
    for point in passed:
        x, y = placement.middles[point]
        half = placement.columns[point[1]] / 2
        spots += [(x - half, y), (x + half, y)]
    x, y = placement.middles[last]
    spots.append((x - placement.columns[last[1]] / 2, y + port))
    spots.append((x - placement.widths[last[0]] / 2, y + port))
    return spots


def loop(new: Point, old: Point, placement: Placement, lane: float) -> list[Spot]:
    """Lists the corners of the way from a new state below the drawing to the old one."""
    x, y = placement.middles[new]
    to_x, to_y = placement.middles[old]
    width, height = placement.size
    return [
        (x + placement.widths[new[0]] / 2, y),
        (width + lane, y),
        (width + lane, height + lane),
        (-lane, height + lane),
        (-lane, to_y),
        (to_x - placement.widths[old[0]] / 2, to_y),
    ]
