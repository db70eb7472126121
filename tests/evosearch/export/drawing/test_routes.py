"""Wires start and end at boxes, and pass the layers between them level."""

from __future__ import annotations

from itertools import pairwise

import pytest

from evosearch import known_rule, lower
from evosearch.export.drawing.layers import layered
from evosearch.export.drawing.picture import picture
from evosearch.export.drawing.placement import HEIGHT, placed
from evosearch.export.drawing.routes import arrivals, loop, route

RULES = ["lion", "ademamix", "radam", "nadam"]


@pytest.mark.parametrize("name", RULES)
def test_wires_avoid_the_boxes_that_they_pass(name: str) -> None:
    """Where they are level, no box lies; where they are curved, there is no layer."""
    shown = picture(lower(known_rule(name)))
    layers = layered(shown)
    placement = placed(shown, layers)
    boxes = [(n, *placement.middles[n, layer]) for n, layer in layers.home.items()]
    for wire, port in zip(shown.wires, arrivals(shown, layers, placement), strict=True):
        spots = route(layers.path(wire), placement, port)
        start = placement.middles[wire.source, layers.home[wire.source]]
        end = placement.middles[wire.target, layers.home[wire.target]]
        assert spots[0] == (start[0] + placement.widths[wire.source] / 2, start[1])
        assert spots[-1] == (end[0] - placement.widths[wire.target] / 2, end[1] + port)
        assert all(b[0] >= a[0] for a, b in pairwise(spots))
        for (x, y), (to_x, to_y) in pairwise(spots):
            level = y == to_y
            for box, middle_x, middle_y in boxes:
                half = placement.widths[box] / 2
                beside = to_x <= middle_x - half + 1e-9 or x >= middle_x + half - 1e-9
                assert beside or (level and abs(y - middle_y) > HEIGHT / 2), (wire, box)


def test_wires_to_one_box_arrive_apart() -> None:
    """Within its height, from top to bottom as they come."""
    shown = picture(lower(known_rule("radam")))
    layers = layered(shown)
    placement = placed(shown, layers)
    ports = arrivals(shown, layers, placement)
    for box in range(len(shown.boxes)):
        arriving = sorted(
            (port, placement.middles[layers.path(wire)[-2]][1])
            for wire, port in zip(shown.wires, ports, strict=True)
            if wire.target == box
        )
        assert all(abs(port) < HEIGHT / 2 for port, _ in arriving)
        assert all(b[0] - a[0] > 0.05 for a, b in pairwise(arriving))
        assert [origin for _, origin in arriving] == sorted(origin for _, origin in arriving)


def test_a_loop_leads_around_the_drawing() -> None:
    """Right of all boxes, below them, left of them; each corner is a right angle."""
    shown = picture(lower(known_rule("lion")))
    layers = layered(shown)
    placement = placed(shown, layers)
    ((new, old),) = shown.feedback
    spots = loop((new, layers.home[new]), (old, layers.home[old]), placement, 0.1)
    width, height = placement.size
    assert max(x for x, _ in spots) == width + 0.1
    assert min(x for x, _ in spots) == -0.1
    assert max(y for _, y in spots) == height + 0.1
    assert all((a[0] == b[0]) != (a[1] == b[1]) for a, b in pairwise(spots))
