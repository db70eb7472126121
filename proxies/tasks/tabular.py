"""Fills gaps in measurements like those of scikit-learn's tables, which never repeat."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from torch import Tensor, nn

from proxies.keys import generator
from proxies.task import Batch, Task

_HELD_OUT = 4096


class LikeRows:
    """Draws rows anew from the normal distribution that each class's rows have.

    From the few rows of the tables themselves there is little to learn but the rows, and a task
    that trains on four fifths of them resolves too little to qualify.
    """

    def __init__(self, name: str, loaded: Any) -> None:
        self._name = name
        table = loaded.data
        values = (table - table.mean(axis=0)) / table.std(axis=0)
        classes = [values[loaded.target == label] for label in np.unique(loaded.target)]
        self._means = np.stack([rows.mean(axis=0) for rows in classes])
        # A class has more rows than columns, so that its covariance has a Cholesky factor.
        self._factors = np.stack([np.linalg.cholesky(np.cov(rows.T)) for rows in classes])

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        labels = draw.integers(len(self._means), size=size)
        normal = draw.standard_normal((size, self._means.shape[1], 1))
        rows = self._means[labels] + (self._factors[labels] @ normal)[:, :, 0]
        return with_gaps(draw, rows.astype(np.float32))

    def held_out(self) -> Batch:
        return self.sample(generator(self._name, "held out"), _HELD_OUT)


def with_gaps(draw: np.random.Generator, rows: np.ndarray) -> Batch:
    """Hides half of the measurements at random.

    The inputs `[N, 2, columns]` are the known measurements, zero where hidden, and a mask of the
    hidden ones; the targets `[N, 2, columns]` are all measurements and the same mask.
    """
    hidden = (draw.random(rows.shape) < 0.5).astype(np.float32)
    return np.stack([rows * (1 - hidden), hidden], axis=1), np.stack([rows, hidden], axis=1)


def gap_loss(values: Tensor, targets: Tensor) -> Tensor:
    """Computes the square error where measurements are hidden, as a share of the variance."""
    asked = targets[:, 1]
    return 2 * (asked * (values - targets[:, 0]).square()).mean()


def _filler(columns: int, hidden: int) -> nn.Module:
    return nn.Sequential(
        nn.Flatten(1),
        *(nn.Linear(2 * columns, hidden), nn.Tanh()),
        *(nn.Linear(hidden, hidden), nn.Tanh()),
        nn.Linear(hidden, columns),
    )


@cache
def _cancer() -> LikeRows:
    from sklearn.datasets import load_breast_cancer

    return LikeRows("cancer_gaps", load_breast_cancer())


@cache
def _wine() -> LikeRows:
    from sklearn.datasets import load_wine

    return LikeRows("wine_gaps", load_wine())


CANCER_GAPS = Task(
    name="cancer_gaps",
    summary="missing measurements of generated breast cancers from the others, "
    "60-64-64-30 perceptron, 10k parameters",
    model=lambda: _filler(30, 64),
    data=_cancer,
    loss=gap_loss,
    steps=200,
    batch_size=128,
    rate=0.01,
)
WINE_GAPS = Task(
    name="wine_gaps",
    summary="missing measurements of generated wines from the others, 26-32-32-13 perceptron, "
    "2.3k parameters",
    model=lambda: _filler(13, 32),
    data=_wine,
    loss=gap_loss,
    steps=150,
    batch_size=128,
    rate=0.02,
)
