"""Classifying handwritten digits, shifted and noised so that the data do not run out."""

from __future__ import annotations

from functools import cache

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from proxies.keys import generator
from proxies.task import Batch, Task

_SIDE = 8
_HELD_OUT_COPIES = 4
_NOISE = 0.3


class ShiftedDigits:
    """scikit-learn's 8 × 8 digits, moved by up to one pixel each way, with Gaussian noise.

    Every fifth digit is held out, in `_HELD_OUT_COPIES` fixed distortions each.
    """

    def __init__(self) -> None:
        from sklearn.datasets import load_digits  # slow to import; most commands need no data

        digits = load_digits()
        images = digits.images.astype(np.float32) / 16.0
        self._padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
        self._labels = digits.target.astype(np.int64)
        held_out = np.arange(len(images)) % 5 == 0
        self._train, self._test = np.flatnonzero(~held_out), np.flatnonzero(held_out)

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        return self._distort(draw, draw.choice(self._train, size=size))

    def held_out(self) -> Batch:
        chosen = np.tile(self._test, _HELD_OUT_COPIES)
        return self._distort(generator("digit_images", "held out"), chosen)

    def _distort(self, draw: np.random.Generator, chosen: np.ndarray) -> Batch:
        rows, columns = draw.integers(3, size=(2, len(chosen), 1, 1))
        grid = np.arange(_SIDE)
        shifted = self._padded[
            chosen[:, None, None], rows + grid[None, :, None], columns + grid[None, None, :]
        ]
        noise = draw.standard_normal(shifted.shape, dtype=np.float32)
        images = shifted.reshape(len(chosen), -1) + _NOISE * noise.reshape(len(chosen), -1)
        return images - 0.3, self._labels[chosen]


def class_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in nats per image."""
    return functional.cross_entropy(logits, targets)


def _model() -> nn.Module:
    return nn.Sequential(nn.Linear(_SIDE * _SIDE, 32), nn.ReLU(), nn.Linear(32, 10))


@cache
def _data() -> ShiftedDigits:
    return ShiftedDigits()


DIGIT_IMAGES = Task(
    name="digit_images",
    summary="class of a shifted, noisy digit, 64-32-10 perceptron, 2.4k parameters",
    model=_model,
    data=_data,
    loss=class_loss,
    steps=100,
    batch_size=64,
    rate=0.03,
)
