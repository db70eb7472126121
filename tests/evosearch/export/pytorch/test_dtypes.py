"""Every path in every precision and size agrees with the reference to the precision's rounding.

Sizes lie about those of vectors, whose last elements torch computes by other code.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from evosearch import known_rule, lower, optimizer
from evosearch.graph.interpreter import Interpreter
from primitives import NumpySegments

SIZES = (1, 7, 8, 9, 16, 17, 1000)
STEPS, RATE, DECAY = 3, 0.05, 0.1
RULES = ("adamw", "cautious_adamw", "lamb", "lion", "novograd")
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
PATHS: dict[str, dict[str, bool]] = {
    "single": {"foreach": False},
    "lists": {"foreach": True},
    "captured, single": {"foreach": False, "capturable": True},
    "captured, lists": {"foreach": True, "capturable": True},
    "differentiable": {"differentiable": True},
}
ROUNDINGS = 4
"""How many roundings of a weight near 1 are allowed after three steps, which make three each."""


def numbers(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """`[D]` and `[STEPS, D]`: weights and gradients that `dtype` holds, in double precision.

    A gradient keeps its sign, so that no rounding turns a step round.
    """
    draw = np.random.default_rng(3)
    total = sum(SIZES)
    sign = draw.choice([-1.0, 1.0], total)
    weights = torch.tensor(sign * draw.uniform(0.5, 1.5, total))
    gradients = torch.tensor(
        draw.choice([-1.0, 1.0], total) * draw.uniform(0.5, 1.5, (STEPS, total))
    )
    return weights.to(dtype).double(), gradients.to(dtype).double()


@cache
def expected(name: str, dtype: torch.dtype) -> Tensor:
    """`[D]`: the weights that the reference interpreter gives, in double precision."""
    weights, gradients = numbers(dtype)
    interpreter = Interpreter(lower(known_rule(name)), NumpySegments(SIZES))
    w = weights.numpy()
    for t, g in enumerate(gradients.numpy(), 1):
        w = (1 - RATE * DECAY) * w - RATE * interpreter.step(w=w, g=g, lr=RATE, t=t)
    return torch.tensor(w)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", RULES)
def test_precision_and_size_change_no_more_than_rounding(
    name: str, dtype: torch.dtype, path: str
) -> None:
    """Of weights near 1, by steps of about 0.05 each."""
    weights, gradients = numbers(dtype)
    options: dict[str, Any] = PATHS[path]
    params: list[Tensor] = [nn.Parameter(w.to(dtype, copy=True)) for w in weights.split(SIZES)]
    if "differentiable" in options:
        params = [p.detach() for p in params]
    moving = optimizer(name)(params, lr=RATE, weight_decay=DECAY, **options)
    for g in gradients:
        for p, part in zip(params, g.to(dtype).split(SIZES), strict=True):
            p.grad = part.clone()
        moving.step()
    moved = torch.cat([p.detach() for p in params])
    assert moved.dtype == dtype
    error = (moved.double() - expected(name, dtype)).abs().max()
    assert error <= ROUNDINGS * torch.finfo(dtype).eps
