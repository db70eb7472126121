"""Minimises a noisy ill-conditioned quadratic, to throw out rules that fail even here.

It is the cheapest task. The loss is ½ |A (W - C)|² for a fixed matrix A, whose singular values
fall as 1/i, turned so that no coordinate is a direction of curvature: rules that work by coordinate
are not favoured. Each batch adds noise to A (W - C), so the gradient's noise has the Hessian as its
covariance.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from proxies.keys import generator
from proxies.task import Batch, Task

_ROWS, _COLUMNS = 64, 16
_NOISE = 0.25


@cache
def _problem() -> tuple[np.ndarray, np.ndarray]:
    """Draws the matrices A `[64, 64]` and C `[64, 16]`, which are fixed."""
    draw = generator("quadratic", "problem")
    basis, _ = np.linalg.qr(draw.standard_normal((_ROWS, _ROWS)))
    matrix = (basis / np.arange(1, _ROWS + 1)) @ basis.T
    return matrix.astype(np.float32), draw.standard_normal((_ROWS, _COLUMNS)).astype(np.float32)


class ResidualNoise:
    """Draws inputs `[N, 64, 16]`: noise on the residual, none in what is held out; no targets."""

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        noise = draw.standard_normal((size, _ROWS, _COLUMNS), dtype=np.float32)
        return _NOISE * noise, np.zeros(size, dtype=np.float32)

    def held_out(self) -> Batch:
        return np.zeros((1, _ROWS, _COLUMNS), np.float32), np.zeros(1, np.float32)


class Quadratic(nn.Module):
    """Computes the residual A (W - C) + noise, `[batch, 64, 16]`."""

    matrix: Tensor
    centre: Tensor

    def __init__(self) -> None:
        super().__init__()
        matrix, centre = map(torch.from_numpy, _problem())
        self.register_buffer("matrix", matrix)
        self.register_buffer("centre", centre)
        self.weight = nn.Parameter(0.1 * torch.randn(_ROWS, _COLUMNS))

    def forward(self, noise: Tensor) -> Tensor:
        residual: Tensor = self.matrix @ (self.weight - self.centre)
        return residual + noise


def half_square(residual: Tensor, _: Tensor) -> Tensor:
    """Computes ½ |residual|² per column, as a mean over the batch."""
    return 0.5 * _ROWS * residual.square().mean()


QUADRATIC = Task(
    name="quadratic",
    summary="noisy quadratic of condition number 4096, not aligned with the axes, 1024 parameters",
    model=Quadratic,
    data=ResidualNoise,
    loss=half_square,
    steps=100,
    batch_size=4,
    rate=0.25,
)
