"""Predicts the sum of two handwritten digits, by a deep residual network without normalisation."""

from __future__ import annotations

from functools import cache

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from proxies.keys import generator
from proxies.task import Batch, Task
from proxies.tasks.digit_images import SIDE, ShiftedDigits, class_loss

_PIXELS = 2 * SIDE * SIDE
SUMS = 19
"""The number of classes: the sums 0 to 18."""


class DigitPairs:
    """Draws two shifted, noisy digits `[N, 128]` and their sum, 0 to 18."""

    def __init__(self) -> None:
        self._digits = ShiftedDigits(noise=0.2)
        self._test = self._digits.test

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        return self._sums(self._digits.sample(draw, 2 * size))

    def held_out(self) -> Batch:
        draw = generator("digit_sums", "held out")
        return self._sums(self._digits.labelled(draw, draw.choice(self._test, size=4096)))

    @staticmethod
    def _sums(batch: Batch) -> Batch:
        images, labels = batch
        return images.reshape(-1, _PIXELS), labels.reshape(-1, 2).sum(axis=1)


class ResidualBlock(nn.Module):
    """Computes x + scale · W₂ relu(W₁ x)."""

    def __init__(self, width: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.up = nn.Linear(width, width)
        self.down = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.scale * self.down(functional.relu(self.up(x)))
        return result


def _model(width: int = 48, blocks: int = 6) -> nn.Module:
    return nn.Sequential(
        nn.Linear(_PIXELS, width),
        *(ResidualBlock(width, blocks**-0.5) for _ in range(blocks)),
        *(nn.ReLU(), nn.Linear(width, SUMS)),
    )


@cache
def digit_pairs() -> DigitPairs:
    """Gives the data, made once."""
    return DigitPairs()


DIGIT_SUMS = Task(
    name="digit_sums",
    summary="sum of two shifted, noisy digits, six residual blocks without normalisation, "
    "35.3k parameters",
    model=_model,
    data=digit_pairs,
    loss=class_loss,
    steps=300,
    batch_size=128,
    rate=0.01,
)
