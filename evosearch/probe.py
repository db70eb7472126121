"""A fixed trajectory of gradients on which rules are compared before anything is trained.

Three tensors of 12, 7 and 1 elements, eight steps. Each tensor's gradient has a steady part, so
that momentum points downhill, and noise. Step 4 has an all-zero gradient, which brings out 0/0;
in step 6 most elements are zero, where mask normalisations differ most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from evosearch.graph import Graph
from evosearch.trajectory import Inputs, follow
from primitives import NumpySegments

Array = NDArray[np.float64]

SIZES = (12, 7, 1)
STEPS = 8
ZERO_STEP = 4
SPARSE_STEP = 6
_KEY = 0x65766F  # any fixed number; it names this version of the probe


@dataclass(frozen=True)
class Trace:
    """What a rule did on the probe."""

    directions: Array
    """`[STEPS, D]`"""
    states: Array
    """`[STEPS]`, the largest magnitude in any slot after each step."""

    @cached_property
    def high(self) -> float:
        """The largest number in any direction."""
        return float(self.directions.max())

    @cached_property
    def low(self) -> float:
        """The least."""
        return float(self.directions.min())

    @property
    def largest(self) -> float:
        """The largest magnitude in any direction; not a number if any of them is not."""
        return max(self.high, -self.low)

    @cached_property
    def largest_state(self) -> float:
        """Of all slots and steps; not a number if any of them is not."""
        return float(np.max(self.states))

    @cached_property
    def update_size(self) -> float:
        """Root mean square of the direction, which learning rates are relative to."""
        largest = self.largest
        if largest == 0 or not math.isfinite(largest):
            return largest
        # Scaled, so that no square overflows or underflows.
        scaled = self.directions.ravel() / largest
        return largest * math.sqrt(float(scaled @ scaled) / scaled.size)


@cache
def probe() -> Inputs:
    """The probe; the same numbers on every machine (Philox, keyed)."""
    draw = np.random.Generator(np.random.Philox(key=_KEY))
    segments = NumpySegments(SIZES)
    scale = segments.expand(np.array([0.02, 0.1, 0.5]))
    steady = draw.standard_normal(segments.total)
    noise = draw.standard_normal((STEPS, segments.total))
    gradients = scale * (steady + 0.7 * noise)
    gradients[ZERO_STEP - 1] = 0.0
    gradients[SPARSE_STEP - 1] *= np.arange(segments.total) % 6 == 1
    weights = draw.standard_normal(segments.total) + np.cumsum(
        0.02 * draw.standard_normal((STEPS, segments.total)), axis=0
    )
    rates = 0.01 * (1 - np.arange(STEPS) / 16)
    return Inputs(segments, weights, gradients, rates[:, None])


def run(graph: Graph) -> Trace:
    """Runs a rule over the probe."""
    with np.errstate(all="ignore"):
        return Trace(*follow(graph, probe()))
