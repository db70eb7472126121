"""Gives the short trajectory of gradients, on which every candidate is run before any training.

Gates and update sizes are taken of its core: a tall matrix of 12 elements, a vector of 7 and a
number, eight steps.
Each tensor's gradient has a steady part, so that momentum points downhill, and noise. Step 4 has an
all-zero gradient, which brings out 0/0; in step 6 most elements are zero, where mask normalisations
differ most.

Around the core lies what training meets and the core does not: tensors whose gradients are small,
shrink by half a decade per step or grow so, with weights of other sizes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from evosearch.graph.graph import Graph
from evosearch.screening.trajectory import Inputs, follow
from primitives import NumpySegments

Array = NDArray[np.float64]

SHAPES = ((4, 3), (7,), ())
"""The shape of each tensor of the core."""
SIZES = tuple(prod(shape) for shape in SHAPES)
"""The number of elements of each."""
STEPS = 8
ELEMENTS = sum(SIZES)
"""The number of elements of the core."""
ZERO_STEP = 4
SPARSE_STEP = 6
OTHER_SHAPES = ((2, 3), (6,), (3, 2), (1, 6))
"""The shape of each tensor around the core."""
OTHER_SIZES = tuple(prod(shape) for shape in OTHER_SHAPES)
_KEY = 0x65766F  # any fixed number; it names this version of the core
_OTHER_KEY = 0x65766F02  # likewise, of what lies around it


@dataclass(frozen=True)
class Trace:
    """Holds what a rule did on the short trajectory."""

    graph: Graph
    everything: Array
    """The directions of all tensors, `[STEPS, ELEMENTS + 24]`."""
    states: Array
    """`[STEPS]`, the largest magnitude in the core of any slot after each step."""

    @cached_property
    def directions(self) -> Array:
        """Gives the directions of the core's tensors, `[STEPS, ELEMENTS]`."""
        return self.everything[:, :ELEMENTS]

    @cached_property
    def high(self) -> float:
        """Finds the largest number in any direction of the core."""
        return float(self.directions.max())

    @cached_property
    def low(self) -> float:
        """Finds the least number in any direction of the core."""
        return float(self.directions.min())

    @property
    def largest(self) -> float:
        """Finds the largest magnitude in any direction of the core; NaN if one is NaN."""
        return max(self.high, -self.low)

    @cached_property
    def largest_of_all(self) -> float:
        """Finds the largest magnitude in any tensor's direction; NaN if one is NaN."""
        return float(np.abs(self.everything).max())

    @cached_property
    def largest_state(self) -> float:
        """Finds the largest magnitude in the core of any slot at any step; NaN if one is NaN."""
        return float(np.max(self.states))

    @cached_property
    def update_size(self) -> float:
        """Computes the root mean square of the core's direction.

        Learning rates are relative to it.
        """
        largest = self.largest
        if largest == 0 or not math.isfinite(largest):
            return largest
        # Scaled, so that no square overflows or underflows.
        scaled = self.directions.ravel() / largest
        return largest * math.sqrt(float(scaled @ scaled) / scaled.size)


@cache
def probe() -> Inputs:
    """Makes the short trajectory, from the same numbers on every machine (Philox, keyed)."""
    draw = np.random.Generator(np.random.Philox(key=_KEY))
    core = NumpySegments(SHAPES)
    scale = core.expand(np.array([0.02, 0.1, 0.5]))
    steady = draw.standard_normal(core.total)
    noise = draw.standard_normal((STEPS, core.total))
    gradients = scale * (steady + 0.7 * noise)
    gradients[ZERO_STEP - 1] = 0.0
    gradients[SPARSE_STEP - 1] *= np.arange(core.total) % 6 == 1
    weights = draw.standard_normal(core.total) + np.cumsum(
        0.02 * draw.standard_normal((STEPS, core.total)), axis=0
    )
    rates = 0.01 * (1 - np.arange(STEPS) / 16)

    draw = np.random.Generator(np.random.Philox(key=_OTHER_KEY))
    others = NumpySegments(OTHER_SHAPES)
    falling = 10 ** (-0.5 * np.arange(STEPS))
    small, smaller = np.full(STEPS, 1e-3), np.full(STEPS, 1e-4)
    scale = others.expand(np.stack([small, smaller, falling, falling[::-1]], axis=1))
    noise = draw.standard_normal(others.total) + 0.7 * draw.standard_normal((STEPS, others.total))
    around = scale * noise
    around[ZERO_STEP - 1] = 0.0
    around[SPARSE_STEP - 1] *= np.arange(others.total) % 6 == 1
    sizes = others.expand(np.array([0.1, 0.01, 3.0, 0.3]))
    around_weights = sizes * (
        draw.standard_normal(others.total)
        + np.cumsum(0.02 * draw.standard_normal((STEPS, others.total)), axis=0)
    )
    return Inputs(
        segments=NumpySegments((*SHAPES, *OTHER_SHAPES)),
        weights=np.hstack([weights, around_weights]),
        gradients=np.hstack([gradients, around]),
        rates=rates[:, None],
        watched=len(SIZES),
    )


def run(graph: Graph) -> Trace:
    """Runs a rule over the short trajectory."""
    with np.errstate(all="ignore"):
        return Trace(graph, *follow(graph, probe()))
