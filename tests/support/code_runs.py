"""Runs code of the table on lists of tensors and on numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor


def run(code: str, scope: Mapping[str, Any]) -> Any:
    """The value of an expression, or None of statements, which change what is in scope."""
    try:
        return eval(code, {"torch": torch, "math": math, **scope})
    except SyntaxError:
        exec(code, {"torch": torch, "math": math, **scope})
        return None


def two(value: float) -> list[Tensor]:
    """A list of two tensors of different shapes that hold the value."""
    return [torch.full(shape, value, dtype=torch.float64) for shape in ((3,), ())]


def assert_all(result: Sequence[Tensor], expected: float) -> None:
    for tensor in result:
        assert tensor.flatten().tolist() == pytest.approx(
            [expected] * tensor.numel(), rel=1e-12, abs=1e-300
        )
