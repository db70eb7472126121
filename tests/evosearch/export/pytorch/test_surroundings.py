"""Steps do not depend on what a user's program sets around them, nor on the parameters' order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import permutations
from typing import Any

import pytest
import torch
from torch import Tensor

from evosearch import optimizer, parse

RULES = ("adamw", "nadam", "cautious_adamw", "lamb", "momentum", "rmsprop")
CLIPPED = """
def clipped(g, m, t, *, beta=0.9):
    c = clip_by_global_norm(g, 0.5)
    m = lerp(c, m, beta)
    return m / (1 - beta ** t) + 0.01 * global_norm(m * m + t) * g, m
"""
"""A rule with sums over all parameters."""


@contextmanager
def by_default(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def moved(kind: Any, dtype: torch.dtype, **options: Any) -> Tensor:
    """A weight after three steps."""
    weight = torch.linspace(-1, 1, 5, dtype=dtype, device="cpu")
    made = kind([weight], lr=0.01, weight_decay=0.1, **options)
    for t in range(3):
        with torch.device("cpu"):
            weight.grad = torch.sin(weight + t)
        made.step()
    return weight


@pytest.mark.parametrize("foreach", [False, True, None])
@pytest.mark.parametrize("rule", RULES)
def test_another_default_device_changes_nothing(rule: str, foreach: bool | None) -> None:
    """Step counts live on the host; torch's own steps take a default device as well."""
    kind = optimizer(rule)
    expected = moved(kind, torch.float32, foreach=foreach)
    with torch.device("meta"):
        found = moved(kind, torch.float32, foreach=foreach)
    assert torch.equal(found, expected)


@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("default", [torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("rule", RULES)
def test_another_default_dtype_changes_nothing(
    rule: str, default: torch.dtype, foreach: bool
) -> None:
    """Whatever the weights' own; the count of steps has torch's dtype for it."""
    kind = optimizer(rule)
    for dtype in (torch.float32, torch.float64):
        expected = moved(kind, dtype, foreach=foreach)
        with by_default(default):
            found = moved(kind, dtype, foreach=foreach)
            weight = torch.ones(2, dtype=dtype)
            weight.grad = torch.ones_like(weight)
            theirs, ours = torch.optim.AdamW([weight]), optimizer("adamw")([weight])
            for made in (theirs, ours):
                made.step()
            assert ours.state[weight]["step"].dtype == theirs.state[weight]["step"].dtype
        assert torch.equal(found, expected)


@pytest.mark.parametrize("foreach", [False, True])
def test_the_order_of_parameters_changes_no_bit(foreach: bool) -> None:
    """Neither of their sums, also where their dtypes differ."""
    kind = optimizer(parse(CLIPPED))
    results = []
    for order in permutations(range(4)):
        draw = torch.Generator().manual_seed(0)
        kinds = (torch.float32, torch.float64, torch.bfloat16, torch.float32)
        weights = [torch.randn(7, generator=draw).to(dtype) for dtype in kinds]
        made = kind([weights[place] for place in order], lr=0.1, foreach=foreach)
        for t in range(3):
            for weight in weights:
                weight.grad = torch.sin(3 * weight + t)
            made.step()
        results.append(weights)
    for other in results[1:]:
        assert all(map(torch.equal, other, results[0]))
