"""Makes the gradients on which a rule is watched without any training.

They have a root mean square of 1, so a factor on them is their size, and what a card says of sizes
can be held against a user's own gradients.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evosearch.graph.graph import Graph
from evosearch.screening.trajectory import Inputs, follow
from primitives import NumpySegments
from proxies.keys import generator

Array = NDArray[np.float64]

SHAPES = ((4, 6), (12,), (2, 2))
"""The shape of each tensor."""
_NOISE = 0.7
"""The standard deviation of the noise, where the steady part of the gradient has a size of 1."""
_RATE = 0.01


def usual_gradients(steps: int) -> Inputs:
    """Gives steps as in the middle of a training: a steady gradient under noise, weights near 1.

    A longer trajectory begins with the shorter one.
    """
    segments = NumpySegments(SHAPES)
    steady = generator("card", "steady").standard_normal(segments.total)
    steady /= np.sqrt(np.mean(np.square(steady)))
    noise = generator("card", "noise").standard_normal((steps, segments.total))
    weights = generator("card", "weights").standard_normal(segments.total)
    gradients = (steady + _NOISE * noise) / np.hypot(1.0, _NOISE)
    return Inputs(segments, np.tile(weights, (steps, 1)), gradients, np.full((steps, 1), _RATE))


def directions(graph: Graph, inputs: Inputs) -> Array:
    """Gives the directions of a rule, `[S, D]`; what is not finite stays so."""
    with np.errstate(all="ignore"):
        return follow(graph, inputs)[0]


def root_mean_square(values: Array) -> float:
    """Computes the root mean square of all numbers, scaled so that no square overflows."""
    largest = float(np.max(np.abs(values), initial=0.0))
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.mean(np.square(values / largest))))
