"""Finds what a rule does where gradients are zero: for a while, from the start, or mostly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evosearch.card.gradients import Array, directions, root_mean_square, usual_gradients
from evosearch.graph.graph import Graph
from evosearch.graph.interpreter import Interpreter
from evosearch.screening.trajectory import Inputs
from proxies.keys import generator

WARM = 200
"""The usual steps before gradients fall silent."""
SILENCES = (100, 1000)
"""The lengths of the silences, in steps."""
_MOMENTS = (1, 10, 100, 1000)
"""The steps of zero gradient after which the direction is looked at."""
_USUAL = 50
"""The steps before the silence whose directions are the usual ones."""
_AFTER = 20
"""The steps after the silence in which the largest direction is looked for."""
SPARSE = 0.01
"""The share of steps in which an element has a gradient, where most are zero."""
_SPARSE_STEPS = 4000
_STILL = 0.01
"""The share of its usual size at which a direction, or a state, is as good as gone."""


@dataclass(frozen=True)
class StateInSilence:
    """Says what becomes of a state in a silence of 1000 steps."""

    name: str
    left: float
    """Its size at the end over that before; NaN if it was zero before."""
    half: int | None
    """The first step at which it is half as large or less; None if there is none."""


@dataclass(frozen=True)
class Zeros:
    """Says what a rule does where gradients are zero; sizes are relative to the usual ones."""

    moving: Mapping[int, float]
    """The size of the direction after so many steps of zero gradient."""
    still: int | None
    """The first of these steps at which the direction is under 1% of the usual one; None if none
    is within 1000."""
    states: tuple[StateInSilence, ...]
    wake: Mapping[int, float]
    """The size of the first direction after a silence, by its length."""
    wake_peak: Mapping[int, float]
    """The largest of the 20 directions after it."""
    from_start: float
    """The size of the direction where all gradients are zero from the first step on."""
    per_gradient: float
    """How far a weight moves for each gradient it gets, if it gets one in 100 steps, over how far
    it moves for each where it gets one in every step; NaN where it does not move."""
    finite: bool
    """Whether all of this is finite."""


def zeros(graph: Graph) -> Zeros:
    """Measures what a rule does where gradients are zero."""
    longest = max(SILENCES)
    quiet = directions(graph, _silent(longest))
    usual = root_mean_square(quiet[WARM - _USUAL : WARM])
    sizes = [_relative(root_mean_square(row), usual) for row in quiet[WARM : WARM + longest]]
    moving = {moment: sizes[moment - 1] for moment in _MOMENTS}
    still = next((t for t, size in enumerate(sizes, start=1) if size < _STILL), None)
    wakes = {}
    for length in SILENCES:
        rows = directions(graph, _silent(length))[WARM + length :]
        wakes[length] = [_relative(root_mean_square(row), usual) for row in rows]
    start = directions(graph, _from_start())
    seen = [*quiet.ravel(), *start.ravel(), *wakes[SILENCES[0]]]
    return Zeros(
        moving=moving,
        still=still,
        states=tuple(_states(graph, _silent(longest), longest)),
        wake={length: own[0] for length, own in wakes.items()},
        wake_peak={length: float(np.max(own)) for length, own in wakes.items()},
        from_start=_relative(root_mean_square(start), usual),
        per_gradient=_per_gradient(graph),
        finite=bool(np.isfinite(seen).all()),
    )


def _silent(length: int) -> Inputs:
    """Gives usual steps, `length` steps of zero gradient, and usual ones again."""
    inputs = usual_gradients(WARM + length + _AFTER)
    gradients = inputs.gradients.copy()
    gradients[WARM : WARM + length] = 0.0
    return replace(inputs, gradients=gradients)


def _from_start() -> Inputs:
    inputs = usual_gradients(_USUAL)
    return replace(inputs, gradients=np.zeros_like(inputs.gradients))


def _relative(size: float, usual: float) -> float:
    if size == 0:
        return 0.0
    return size / usual if usual else np.inf


def _states(graph: Graph, inputs: Inputs, length: int) -> list[StateInSilence]:
    """Follows each state through the silence."""
    run = Interpreter(graph, inputs.segments)
    before: dict[str, float] = {}
    half: dict[str, int] = {}
    for t in range(1, WARM + length + 1):
        _step(run, inputs, t)
        if t == WARM:
            before = {name: root_mean_square(_array(value)) for name, value in run.states.items()}
        elif t > WARM:
            for name, value in run.states.items():
                if name not in half and root_mean_square(_array(value)) <= before[name] / 2:
                    half[name] = t - WARM
    return [
        StateInSilence(
            name,
            root_mean_square(_array(value)) / before[name] if before[name] else np.nan,
            half.get(name) if before[name] else None,
        )
        for name, value in run.states.items()
    ]


def _step(run: Interpreter, inputs: Inputs, t: int) -> None:
    rate = float(inputs.rates[t - 1, 0])
    run.step(w=inputs.weights[t - 1], g=inputs.gradients[t - 1], lr=rate, t=t)


def _array(value: Any) -> Array:
    return np.atleast_1d(np.asarray(value, dtype=np.float64))


def _per_gradient(graph: Graph) -> float:
    """Compares the way for each gradient of an element that has few with one that has many.

    The gradients are steady, without noise, so that what is averaged out plays no part.
    """
    steps, half = _SPARSE_STEPS, _SPARSE_STEPS // 2
    inputs = usual_gradients(steps)
    signs = np.sign(inputs.gradients[0])
    shown = generator("card", "sparse").random(inputs.gradients.shape) < SPARSE
    dense = directions(graph, replace(inputs, gradients=np.tile(signs, (steps, 1))))[half:]
    sparse = directions(graph, replace(inputs, gradients=shown * signs))[half:]
    with np.errstate(all="ignore"):
        many = float(np.mean(dense * signs))
        few = float(np.sum(sparse * signs) / np.sum(shown[half:]))
    return few / many if many else np.nan
