"""Gives the long trajectory, which compares rules that the short one does not tell apart.

On few numbers the constants of a rule that switches, such as by the sign of a momentum or a
maximum, show in nothing, because no sign flips. So it has 131 steps and 64 tensors, most of them
of a few elements, since what has one number per tensor switches once per tensor. Some are large,
for thresholds on shares, such as the mean of a mask. The sizes of gradients and weights spread
over decades; a quarter of the gradients fall to 1e-12 of their size and return. In every third
step many gradients are such that an exponential average passes zero for some decay rate near
enough, so that another rate flips signs; in another third the same is done to sums over tensors.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import prod

import numpy as np
from numpy.typing import NDArray

from evosearch.graph.graph import Graph
from evosearch.screening.trajectory import Inputs, follow
from primitives import NumpySegments

Array = NDArray[np.float64]

LONG_SHAPES: tuple[tuple[int, ...], ...] = (
    *[()] * 16,
    *[(2,), (1, 2)] * 8,
    *[(2, 2), (2, 2), (4,)] * 4,
    *[(2, 4), (4, 2)] * 4,
    *[(4, 4), (8, 2)] * 2,
    *((19,), (23,), (29,), (31,), (37,), (41,), (1, 47), (61, 1)),
)
"""The shape of each tensor: numbers, vectors, and square, wide and tall matrices."""
LONG_SIZES = tuple(prod(shape) for shape in LONG_SHAPES)
TIMES = np.array([*range(1, 57), *range(58, 201, 2), 240, 300, 400], dtype=np.float64)
"""The value of `t` in each step; some are left out, so that few steps reach far."""
LONG_STEPS = len(TIMES)
NUDGE = 1e-12
_LARGEST = 4.0  # so that no power or exponential overflows that does not in training
_KEY = 0x65766F04  # any fixed number; it names this version


@cache
def long_probe() -> Inputs:
    """Makes the long trajectory, from the same numbers on every machine (Philox, keyed)."""
    draw = np.random.Generator(np.random.Philox(key=_KEY))
    segments = NumpySegments(LONG_SHAPES)
    tensors, shape = len(LONG_SIZES), (LONG_STEPS, segments.total)
    # Of a tensor's gradient: its size, how steady it is, and how loud the noise is in each step.
    scale = segments.expand(10 ** draw.uniform(-3.5, 0.3, tensors))
    steadiness = segments.expand(draw.choice([0.0, 0.3, 1.0, 3.0], tensors))
    loudness = segments.expand(np.exp(0.7 * draw.standard_normal((LONG_STEPS, tensors))))
    steady = steadiness * draw.standard_normal(segments.total)
    gradients = scale * (steady + loudness * draw.standard_normal(shape))
    # A quarter of them fall by twelve decades and return, as where training saturates.
    fallen = (
        -12 * (1 - np.abs(np.linspace(-1, 1, LONG_STEPS)))[:, None] * (np.arange(tensors) % 4 == 3)
    )
    gradients *= segments.expand(10**fallen)
    share = segments.expand(draw.choice([0.0, 0.2, 0.5], tensors))
    for step in range(1, LONG_STEPS):
        if step % 3 == 2:
            crossing = _crossing(gradients[:step], draw)
            chosen = draw.random(segments.total) < share
            gradients[step] = np.where(chosen, crossing, gradients[step])
        elif step % 3 == 1:
            sums = segments.sum(gradients[: step + 1])
            missing = (_crossing(sums[:-1], draw) - sums[-1]) / segments.sizes
            chosen = draw.random(tensors) < 0.5
            gradients[step] += segments.expand(np.where(chosen, missing, 0.0))
    np.clip(gradients, -_LARGEST, _LARGEST, out=gradients)
    # Half of the weights move slowly, as in training; half take many values.
    slow = draw.standard_normal(segments.total) + np.cumsum(
        0.02 * draw.standard_normal(shape), axis=0
    )
    weights = np.where(draw.random(segments.total) < 0.5, slow, draw.standard_normal(shape))
    weights *= segments.expand(10 ** draw.uniform(-1.5, 0.5, tensors))
    rates = 0.01 / np.sqrt(TIMES)
    return Inputs(segments, weights, gradients, rates[:, None], times=TIMES[:, None])


def _crossing(before: Array, draw: np.random.Generator) -> Array:
    """Gives the next gradients, after those before, for which an average of each passes zero.

    Each average has its own 1 - decay, from 0.5 to 1e-4. It takes the new gradient in with that
    weight, or for half of them with another that is drawn likewise.
    """
    steps, width = before.shape
    decay, own = 1 - 10 ** draw.uniform(-4, np.log10(0.5), (2, width))
    ages = steps - 1 - np.arange(steps)[:, None]
    average = np.sum((1 - decay) * decay**ages * before, axis=0)
    own = np.where(draw.random(width) < 0.5, decay, np.minimum(own, 0.98))
    result: Array = -average * own / (1 - own)
    return result


@cache
def _nudged() -> Inputs:
    given = long_probe()
    draw = np.random.Generator(np.random.Philox(key=_KEY + 1))
    noise = draw.standard_normal(given.gradients.shape)
    return replace(given, gradients=given.gradients * (1 + NUDGE * noise))


def run_long(graph: Graph, nudged: bool = False, counting: bool = False) -> tuple[Array, Array]:
    """Runs a rule over the long trajectory; gives its directions and sizes of states, as `follow`.

    If `nudged`, each gradient is changed by about `NUDGE` of it, which tells how far rounding may
    take the rule. If `counting`, `t` leaves no value out, so that it is what a rule counts that
    counts steps.
    """
    given = _nudged() if nudged else long_probe()
    with np.errstate(all="ignore"):
        return follow(graph, replace(given, times=None) if counting else given)


def switches(graph: Graph) -> bool:
    """Tells whether the rule has an operation that switches, and so needs the long trajectory."""
    return any(node.row is not None and node.row.switches for node in graph.nodes)
