"""Trains a denoising autoencoder of handwritten digits."""

from __future__ import annotations

from functools import cache

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from proxies.keys import generator
from proxies.task import Batch, Task
from proxies.tasks.digit_images import SIDE, ShiftedDigits

_PIXELS = SIDE * SIDE


class NoisyAndClean(ShiftedDigits):
    """Draws shifted digits with noise, and the same without, `[N, 64]` each."""

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        clean, noisy = self.distort(draw, draw.choice(self.train, size=size))
        return noisy, clean

    def held_out(self) -> Batch:
        chosen = np.tile(self.test, self.copies)
        clean, noisy = self.distort(generator("digits_autoencoder", "held out"), chosen)
        return noisy, clean


def pixel_loss(images: Tensor, targets: Tensor) -> Tensor:
    """Computes the mean square error of a pixel, in hundredths: pixels vary by about 14."""
    return 100 * functional.mse_loss(images, targets)


def _model() -> nn.Module:
    return nn.Sequential(
        *(nn.Linear(_PIXELS, 48), nn.GELU(), nn.Linear(48, 12)),
        *(nn.Linear(12, 48), nn.GELU(), nn.Linear(48, _PIXELS)),
    )


@cache
def _data() -> NoisyAndClean:
    return NoisyAndClean()


DIGITS_AUTOENCODER = Task(
    name="digits_autoencoder",
    summary="noiseless image of a shifted, noisy digit, 64-48-12-48-64 perceptron, 7.5k parameters",
    model=_model,
    data=_data,
    loss=pixel_loss,
    steps=400,
    batch_size=64,
    rate=0.02,
)
