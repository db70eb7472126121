"""Classifies handwritten digits, shifted and noised so that the data do not run out."""

from __future__ import annotations

from functools import cache

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from proxies.keys import generator
from proxies.task import Batch, Task

SIDE = 8
_MEAN = 0.3
"""Roughly the mean of a pixel, which is subtracted."""


class ShiftedDigits:
    """Draws scikit-learn's 8 × 8 digits, moved by up to one pixel each way, with Gaussian noise.

    Every fifth digit is held out, in `copies` fixed distortions each. `noise` is the standard
    deviation of the noise, where a pixel goes from 0 to 1.
    """

    def __init__(self, noise: float = 0.3, copies: int = 4) -> None:
        self._noise, self.copies = noise, copies
        from sklearn.datasets import load_digits  # slow to import; most commands need no data

        digits = load_digits()
        images = digits.images.astype(np.float32) / 16.0
        self._padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
        self._labels = digits.target.astype(np.int64)
        held_out = np.arange(len(images)) % 5 == 0
        self.train, self.test = np.flatnonzero(~held_out), np.flatnonzero(held_out)

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        return self.labelled(draw, draw.choice(self.train, size=size))

    def held_out(self) -> Batch:
        chosen = np.tile(self.test, self.copies)
        return self.labelled(generator("digit_images", "held out"), chosen)

    def labelled(self, draw: np.random.Generator, chosen: np.ndarray) -> Batch:
        _, noisy = self.distort(draw, chosen)
        return noisy, self._labels[chosen]

    def distort(
        self, draw: np.random.Generator, chosen: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Moves the chosen digits; gives them without noise and with noise.

        Both are `[N, 64]`: the first goes from 0 to 1, the second is centred.
        """
        rows, columns = draw.integers(3, size=(2, len(chosen), 1, 1))
        grid = np.arange(SIDE)
        shifted = self._padded[
            chosen[:, None, None], rows + grid[None, :, None], columns + grid[None, None, :]
        ]
        noise = draw.standard_normal(shifted.shape, dtype=np.float32)
        clean = shifted.reshape(len(chosen), -1)
        return clean, clean + self._noise * noise.reshape(len(chosen), -1) - _MEAN


def class_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Computes the cross-entropy in nats per image."""
    return functional.cross_entropy(logits, targets)


def perceptron(width: int = 32) -> nn.Module:
    """Makes a classifier of digits with one hidden layer of `width` units."""
    return nn.Sequential(nn.Linear(SIDE * SIDE, width), nn.ReLU(), nn.Linear(width, 10))


@cache
def _data() -> ShiftedDigits:
    return ShiftedDigits()


DIGIT_IMAGES = Task(
    name="digit_images",
    summary="class of a shifted, noisy digit, 64-32-10 perceptron, 2.4k parameters",
    model=perceptron,
    data=_data,
    loss=class_loss,
    steps=100,
    batch_size=64,
    rate=0.03,
)
