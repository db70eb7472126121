"""A pytest file that proves an exported optimizer on its user's machine.

It holds a trajectory that the reference interpreter recorded, so it needs only torch and pytest.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evosearch.export.notation.line_breaking import laid_out
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
_LARGEST = 1e6
_ROUNDING = 1e-15

_START: Array = np.array([math.sin(2.3 * n + 1) for n in range(sum(_SIZES))])


def test_source(graph: Graph, name: str, module: str) -> str:
    """The text of a pytest file for the class `name` in the file `module` beside it.

    `graph` has named hyperparameters, and is the one that the class was written from.
    """
    path, kept = _trajectory(graph, 0.0)
    disturbed, _ = _trajectory(graph, _ROUNDING)
    pairs = zip(path, disturbed, strict=False)
    spread = max((float(np.max(np.abs(a - b)) / np.max(np.abs(a))) for a, b in pairs), default=0.0)
    tolerance = max(1e-12, 100 * spread)
    numbers = [
        f"    {step}: [{', '.join(repr(float(x)) for x in w)}],"
        for step, w in zip(kept, path, strict=True)
    ]
    wrapped = [line for number in numbers for line in _wrapped(number)]
    text = _TEMPLATE.format(
        name=name,
        module=module,
        shapes=", ".join(map(str, _SHAPES)),
        steps=kept[-1],
        decay=_DECAY,
        rate=_RATE,
        tolerance=f"{tolerance:.1g}",
        expected="\n".join(wrapped),
    )
    return "\n".join(laid_out(text.split("\n")))


test_source.__test__ = False  # type: ignore[attr-defined]


def _wrapped(line: str) -> list[str]:
    """A list of many numbers, one on each line, as a formatter has it."""
    if len(line) <= 100:
        return [line]
    start, _, rest = line.partition("[")
    return [f"{start}[", *(f"        {n}," for n in rest[:-2].split(", ")), "    ],"]


def _trajectory(graph: Graph, disturbance: float) -> tuple[list[Array], list[int]]:
    """The weights after the steps that are kept, before any grows beyond reason."""
    interpreter = Interpreter(graph, NumpySegments(_SIZES))
    w, path, kept = _START, [], []
    for t in range(1, _STEPS + 1):
        w = w * (1 + disturbance * np.cos(np.arange(w.size) + t))
        rate = _RATE * (1 - t / 40)
        u: Any = interpreter.step(w=w, g=_gradient(t), lr=rate, t=t)
        w = (1 - rate * _DECAY) * w - rate * u
        if not np.all(np.abs(w) < _LARGEST):
            break
        if t in _KEPT:
            path.append(w)
            kept.append(t)
    return path, kept


def _gradient(t: int) -> Array:
    """Its signs vary from step to step; at step 4 it is zero."""
    if t == 4:
        return np.zeros(sum(_SIZES))
    return np.array([math.sin(1.7 * t * (n + 1)) + 0.3 * math.cos(n) for n in range(sum(_SIZES))])


_TEMPLATE = '''\
"""Proves {module}.py on this machine: run `pytest` on this file."""

from __future__ import annotations

import copy
import importlib.util
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

SHAPES = ({shapes})
SIZES = [math.prod(shape) for shape in SHAPES]
STEPS = {steps}
RATE, DECAY = {rate}, {decay}
TOLERANCE = {tolerance}
"""Relative to the largest weight, in double precision: some rules amplify rounding."""
EXPECTED = {{
{expected}
}}
"""By step, the weights that evosearch's reference interpreter computed."""


def load() -> Any:
    path = Path(__file__).with_name("{module}.py")
    spec = importlib.util.spec_from_file_location("{module}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.{name}


{name} = load()


def start() -> list[Tensor]:
    numbers = torch.tensor([math.sin(2.3 * n + 1) for n in range(sum(SIZES))], dtype=torch.float64)
    parts = torch.split(numbers, SIZES)
    return [part.reshape(shape).clone() for part, shape in zip(parts, SHAPES, strict=True)]


def advance(optimizer: Any, weights: list[Tensor], first: int, last: int, step: Any = None) -> None:
    for t in range(first, last + 1):
        g = [math.sin(1.7 * t * (n + 1)) + 0.3 * math.cos(n) for n in range(sum(SIZES))]
        parts = torch.split(torch.tensor(g, dtype=torch.float64) * (t != 4), SIZES)
        for weight, part in zip(weights, parts, strict=True):
            weight.grad = part.reshape(weight.shape).clone()
        for group in optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(RATE * (1 - t / 40))
            else:
                group["lr"] = RATE * (1 - t / 40)
        (step or optimizer.step)()


def flat(weights: list[Tensor]) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in weights])


def difference(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize(
    "options",
    [
        {{"foreach": False}},
        {{"foreach": True}},
        {{"foreach": False, "capturable": True}},
        {{"differentiable": True}},
    ],
    ids=str,
)
def test_follows_the_reference(options: dict[str, bool]) -> None:
    weights = start()
    optimizer = {name}(weights, lr=RATE, weight_decay=DECAY, **options)
    for t in range(1, STEPS + 1):
        advance(optimizer, weights, t, t)
        if t in EXPECTED:
            expected = torch.tensor(EXPECTED[t], dtype=torch.float64)
            assert difference(flat(weights), expected) <= TOLERANCE


def test_lists_and_single_tensors_agree() -> None:
    single, lists = start(), start()
    advance({name}(single, lr=RATE, foreach=False), single, 1, STEPS)
    advance({name}(lists, lr=RATE, foreach=True), lists, 1, STEPS)
    assert difference(flat(lists), flat(single)) <= TOLERANCE


@pytest.mark.skipif(
    not any(map(shutil.which, ("g++", "clang++", "cl"))), reason="compiling needs a C++ compiler"
)
def test_compiled_and_eager_agree() -> None:
    eager, compiled = start(), start()
    first = {name}(eager, lr=torch.tensor(RATE, dtype=torch.float64))
    second = {name}(compiled, lr=torch.tensor(RATE, dtype=torch.float64))
    step = torch.compile(second.step)
    for t in range(1, STEPS + 1):
        for weights in (eager, compiled):
            for number, weight in enumerate(weights):
                weight.grad = torch.sin(weight + 1.7 * t * (number + 1))
        first.step()
        step()
    assert difference(flat(compiled), flat(eager)) <= TOLERANCE


@pytest.mark.parametrize("foreach", [False, True])
def test_resuming_changes_nothing(foreach: bool) -> None:
    weights = start()
    optimizer = {name}(weights, lr=RATE, weight_decay=DECAY, foreach=foreach)
    half = STEPS // 2
    advance(optimizer, weights, 1, half)
    saved = copy.deepcopy(optimizer.state_dict())
    copies = [weight.clone() for weight in weights]
    resumed = {name}(copies, lr=1.0)
    resumed.load_state_dict(saved)
    advance(optimizer, weights, half + 1, STEPS)
    advance(resumed, copies, half + 1, STEPS)
    assert all(map(torch.equal, weights, copies))
'''
