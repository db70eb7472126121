"""Boxes have room of their own, and wires are nearly straight."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from evosearch import Program, known_rule, lower, rule_names
from evosearch.export.drawing.layers import layered
from evosearch.export.drawing.picture import picture
from evosearch.export.drawing.placement import HEIGHT, placed, spaced
from tests.support.bred_programs import breed
from tests.support.sampling import sampled

PROGRAMS = [*map(known_rule, rule_names()), *breed(5, 10).programs]


@pytest.mark.parametrize("program", sampled(PROGRAMS, 8), ids=lambda program: program.name)
def test_no_box_lies_on_another(program: Program) -> None:
    """Nor beyond the drawing; layers keep the order that was found for them."""
    shown = picture(lower(program))
    layers = layered(shown)
    placement = placed(shown, layers)
    width, height = placement.size
    boxes = [(n, *placement.middles[n, layer]) for n, layer in layers.home.items()]
    for n, x, y in boxes:
        assert 0 <= x - placement.widths[n] / 2 <= x + placement.widths[n] / 2 <= width + 1e-9
        assert -1e-9 <= y - HEIGHT / 2 <= y + HEIGHT / 2 <= height + 1e-9
    for (a, xa, ya), (b, xb, yb) in combinations(boxes, 2):
        aside = abs(xa - xb) >= (placement.widths[a] + placement.widths[b]) / 2
        assert aside or abs(ya - yb) >= 1.2 * HEIGHT
    for layer in layers.points:
        heights = [placement.middles[point][1] for point in layer]
        assert all(lower - upper > 0.2 for upper, lower in pairwise(heights))


def test_long_wires_are_nearly_straight() -> None:
    """Adam's moments run past six layers, and leave their height by less than a tenth an inch."""
    shown = picture(lower(known_rule("adam")))
    layers = layered(shown)
    placement = placed(shown, layers)
    for wire in shown.wires:
        passed = layers.path(wire)[1:-1]
        for a, b in pairwise(placement.middles[point][1] for point in passed):
            assert abs(a - b) < 0.1


NUMBERS = st.lists(
    st.tuples(st.floats(-5, 5), st.floats(0.1, 3), st.floats(0, 2)), min_size=1, max_size=5
)


@given(NUMBERS)
def test_spaced_is_the_nearest_that_keeps_apart(numbers: list[tuple[float, float, float]]) -> None:
    """As a general optimizer with constraints finds it."""
    wanted, weights, gaps = (list(column) for column in zip(*numbers, strict=True))
    result = spaced(wanted, weights, gaps[1:])
    assert all(b - a >= gap - 1e-9 for (a, b), gap in zip(pairwise(result), gaps[1:], strict=True))

    def cost(places: np.ndarray) -> float:
        return float(np.sum(np.array(weights) * (places - np.array(wanted)) ** 2))

    constraints = [
        {"type": "ineq", "fun": lambda p, i=i, gap=gap: p[i + 1] - p[i] - gap}
        for i, gap in enumerate(gaps[1:])
    ]
    other = minimize(cost, np.cumsum(gaps), constraints=constraints, method="SLSQP", tol=1e-12)
    assert cost(np.array(result)) <= cost(other.x) + 1e-5
