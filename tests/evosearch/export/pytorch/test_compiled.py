"""Compiled steps are the steps, also of rules that keep what was there before the step."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
import torch
from torch import Tensor

import evosearch
from evosearch import Program, parse
from tests.support.sampling import sampled
from tests.support.state_order_programs import TRICKY

KEEPING = {
    "the gradient before last": "def f(g, q1, q2):\n    return g + q2, g, q1",
    "the weights before last": "def f(w, g, a, b):\n    return g + 0.3 * (a - b), w, a",
    "a number that was": """
def f(g, s, q):
    n = lerp(mean(square(g)), s, 0.9)
    return g / (1 + q), n, s
""",
}
"""By what they keep."""
PROGRAMS: dict[str, Program] = {name: parse(text, name) for name, text in KEEPING.items()}
PROGRAMS |= {name: TRICKY[name] for name in ("two states swap", "three states rotate")}
pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("g++", "clang++", "cl"))), reason="compiling needs a C++ compiler"
)


def moved(kind: Any, compiled: bool, **options: Any) -> Tensor:
    """The weights after four steps, as one vector."""
    torch.compiler.reset()
    draw = torch.Generator().manual_seed(3)
    weights = [
        torch.randn(shape, generator=draw, dtype=torch.float64) for shape in ((3, 4), (5,), ())
    ]
    made = kind(weights, lr=0.01, weight_decay=0.1, **options)
    step = torch.compile(made.step) if compiled else made.step
    for _ in range(4):
        for weight in weights:
            noise = torch.randn(weight.shape, generator=draw, dtype=torch.float64)
            weight.grad = 0.5 * weight + noise
        step()
    return torch.cat([weight.flatten() for weight in weights])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("name", sampled(PROGRAMS, 3))
def test_what_was_there_before_is_kept(name: str, foreach: bool) -> None:
    """Torch 2.13's compiler copies an input itself to where it is kept, after it has changed."""
    kind = evosearch.optimizer(PROGRAMS[name])
    eager, compiled = (moved(kind, way, foreach=foreach) for way in (False, True))
    torch.testing.assert_close(compiled, eager, rtol=1e-13, atol=1e-13)
