"""Trains a variational autoencoder of handwritten digits (Kingma and Welling, arXiv 1312.6114).

The noise that it needs comes with the batch, drawn by the key as all data are. A pixel is normal
about what is decoded: taken as a probability instead, the latent stays unused for some hundreds of
steps. With a larger deviation seeds differ in how many numbers of the latent are in use, and the
task resolves too little to qualify.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from proxies.keys import generator
from proxies.task import Batch, Task
from proxies.tasks.digit_images import SIDE, ShiftedDigits

_PIXELS = SIDE * SIDE
_LATENT = 8
_DEVIATION = 0.05
"""The standard deviation of a pixel, which goes from 0 to 1, about what is decoded."""


class DigitsAndNoise:
    """Draws shifted digits, from 0 to 1, with normal numbers beside them, `[N, 64 + 8]`.

    The targets are the digits.
    """

    def __init__(self) -> None:
        self._digits = ShiftedDigits(noise=0.0, copies=8)

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        return self._with_noise(draw, draw.choice(self._digits.train, size=size))

    def held_out(self) -> Batch:
        chosen = np.tile(self._digits.test, self._digits.copies)
        return self._with_noise(generator("digits_vae", "held out"), chosen)

    def _with_noise(self, draw: np.random.Generator, chosen: np.ndarray) -> Batch:
        clean, _ = self._digits.distort(draw, chosen)
        noise = draw.standard_normal((len(chosen), _LATENT), dtype=np.float32)
        return np.concatenate([clean, noise], axis=1), clean


class VariationalAutoencoder(nn.Module):
    """Gives `[batch, 64 + 8 + 8]`: the decoded pixels, and mean and log variance of the latent."""

    def __init__(self, hidden: int = 96) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            *(nn.Linear(_PIXELS, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU()),
            nn.Linear(hidden, 2 * _LATENT),
        )
        self.decoder = nn.Sequential(
            *(nn.Linear(_LATENT, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU()),
            nn.Linear(hidden, _PIXELS),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        images, noise = torch.split(inputs, [_PIXELS, _LATENT], dim=1)
        latent = self.encoder(images)
        mean, log_variance = latent.chunk(2, dim=1)
        decoded = self.decoder(mean + torch.exp(0.5 * log_variance) * noise)
        return torch.cat([decoded, latent], dim=1)


def bound_loss(outputs: Tensor, images: Tensor) -> Tensor:
    """Computes the negative evidence bound in nats per image, less a constant."""
    decoded, mean, log_variance = torch.split(outputs, [_PIXELS, _LATENT, _LATENT], dim=1)
    pixels = 0.5 * ((images - decoded) / _DEVIATION).square()
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
    bound: Tensor = (pixels.sum(dim=1) + divergence.sum(dim=1)).mean()
    return bound


@cache
def _data() -> DigitsAndNoise:
    return DigitsAndNoise()


DIGITS_VAE = Task(
    name="digits_vae",
    summary="variational autoencoder of shifted digits, 64-96-96-8-96-96-64 perceptron, "
    "33.5k parameters",
    model=VariationalAutoencoder,
    data=_data,
    loss=bound_loss,
    steps=300,
    batch_size=128,
    rate=0.01,
)
