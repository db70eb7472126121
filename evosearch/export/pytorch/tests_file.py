"""Writes a pytest file that proves an exported optimizer on its user's machine.

The file holds a trajectory that the reference interpreter recorded, so it needs only torch and
pytest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evosearch.errors import EvosearchError
from evosearch.export.notation.line_breaking import break_lines
from evosearch.export.notation.python_text import literal
from evosearch.export.notation.templates import filled
from evosearch.graph.graph import Graph
from evosearch.graph.interpreter import Interpreter
from primitives import NumpySegments

Array = NDArray[np.float64]

_SHAPES = ((), (1,), (4,), (2, 3))
_SIZES = [math.prod(shape) for shape in _SHAPES]
_STEPS = 20
_KEPT = (1, 2, 5, 10, 20)
"""The steps whose weights are written down."""
_DECAY, _RATE = 0.1, 0.02
_GENTLER = (2e-4, 2e-6, 2e-8, 2e-10, 2e-12, 2e-14)
"""The learning rates to be tried where weights grow beyond reason within the first step."""
_LARGEST = 1e6
_ROUNDING = 1e-15

_START: Array = np.array([math.sin(2.3 * n + 1) for n in range(sum(_SIZES))])


def test_source(graph: Graph, name: str, module: str) -> str:
    """Writes a pytest file for the class `name` in the file `module` beside it.

    `graph` has named hyperparameters, and is the one that the class was written from.

    Raises:
        EvosearchError: the rule's weights are beyond reason after one step at any learning rate.
    """
    path = _longest(graph)
    if not path.steps:
        raise EvosearchError(
            f"{name}: no tests can be written, since one step takes the weights beyond "
            f"{_LARGEST:g} at any learning rate; export it without --with-tests"
        )
    disturbed = _trajectory(graph, path.rate, _ROUNDING)
    pairs = zip(path.weights, disturbed.weights, strict=False)
    spread = max((float(np.max(np.abs(a - b)) / np.max(np.abs(a))) for a, b in pairs), default=0.0)
    numbers = [
        f"{step}: [{', '.join(repr(float(x)) for x in w)}],"
        for step, w in zip(path.steps, path.weights, strict=True)
    ]
    lines = filled(
        "optimizer_tests.py.txt",
        {
            "name": name,
            "module": module,
            "shapes": ", ".join(map(str, _SHAPES)),
            "steps": str(path.steps[-1]),
            "decay": literal(_DECAY),
            "rate": literal(path.rate),
            "tolerance": f"{max(1e-12, 100 * spread):.1g}",
            "expected": [line for number in numbers for line in _wrapped(number)],
        },
    )
    return "\n".join(break_lines(lines)) + "\n"


test_source.__test__ = False  # type: ignore[attr-defined]


def _wrapped(line: str) -> list[str]:
    """Puts a list of many numbers on several lines, one number each, as a formatter does."""
    if len(line) <= 96:
        return [line]
    start, _, rest = line.partition("[")
    return [f"{start}[", *(f"    {n}," for n in rest[:-2].split(", ")), "],"]


@dataclass(frozen=True)
class _Path:
    """Holds the weights that a rule reaches at a learning rate."""

    rate: float
    steps: Sequence[int]
    """The steps that are written down, before any weight grows beyond reason."""
    weights: Sequence[Array]
    """The weights `[D]` after each of these steps."""


def _longest(graph: Graph) -> _Path:
    """Gives the path at the usual rate; where that has no step, the longest at a gentler one."""
    usual = _trajectory(graph, _RATE)
    if usual.steps:
        return usual
    return max((_trajectory(graph, rate) for rate in _GENTLER), key=lambda path: len(path.steps))


def _trajectory(graph: Graph, first_rate: float, disturbance: float = 0.0) -> _Path:
    """Runs the rule, where rounding is made larger by `disturbance` at each step."""
    interpreter = Interpreter(graph, NumpySegments(_SHAPES))
    w, weights, steps = _START, [], []
    for t in range(1, _STEPS + 1):
        w = w * (1 + disturbance * np.cos(np.arange(w.size) + t))
        rate = first_rate * (1 - t / 40)
        u: Any = interpreter.step(w=w, g=_gradient(t), lr=rate, t=t)
        w = (1 - rate * _DECAY) * w - rate * u
        if not np.all(np.abs(w) < _LARGEST):
            break
        if t in _KEPT:
            weights.append(w)
            steps.append(t)
    return _Path(first_rate, steps, weights)


def _gradient(t: int) -> Array:
    """Makes the gradient `[D]` of step `t`: signs vary from step to step; at step 4 it is zero."""
    if t == 4:
        return np.zeros(sum(_SIZES))
    return np.array([math.sin(1.7 * t * (n + 1)) + 0.3 * math.cos(n) for n in range(sum(_SIZES))])
