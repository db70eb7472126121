"""Filling gaps in scikit-learn's tables of measurements; which gaps, never repeats."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from torch import Tensor, nn

from proxies.keys import generator
from proxies.task import Batch, Task

_HELD_OUT = 4096


class Rows:
    """Rows of measurements, each column with mean 0 and variance 1; every fifth is held out."""

    def __init__(self, name: str, loaded: Any) -> None:
        self._name = name
        values = _standardised(loaded.data)
        held_out = np.arange(len(values)) % 5 == 0
        self._parts = {False: values[~held_out], True: values[held_out]}

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        return with_gaps(draw, self._rows(draw, size, held_out=False))

    def held_out(self) -> Batch:
        draw = generator(self._name, "held out")
        return with_gaps(draw, self._rows(draw, _HELD_OUT, held_out=True))

    def _rows(self, draw: np.random.Generator, size: int, held_out: bool) -> np.ndarray:
        rows = self._parts[held_out]
        chosen: np.ndarray = rows[draw.integers(len(rows), size=size)]
        return chosen


class LikeRows(Rows):
    """Rows drawn anew from the normal distribution that each class's rows have: of too few rows
    there is nothing to learn but the rows.
    """

    def __init__(self, name: str, loaded: Any) -> None:
        self._name = name
        values = _standardised(loaded.data).astype(np.float64)
        classes = [values[loaded.target == label] for label in np.unique(loaded.target)]
        self._means = np.stack([rows.mean(axis=0) for rows in classes])
        # A class has more rows than columns, so that its covariance has a Cholesky factor.
        self._factors = np.stack([np.linalg.cholesky(np.cov(rows.T)) for rows in classes])

    def _rows(self, draw: np.random.Generator, size: int, held_out: bool) -> np.ndarray:
        del held_out
        labels = draw.integers(len(self._means), size=size)
        normal = draw.standard_normal((size, self._means.shape[1]))
        rows: np.ndarray = self._means[labels] + np.einsum(
            "nij,nj->ni", self._factors[labels], normal
        )
        return rows.astype(np.float32)


def with_gaps(draw: np.random.Generator, rows: np.ndarray) -> Batch:
    """Inputs `[N, 2, columns]`: the known measurements, zero where hidden, and which are hidden.
    Targets `[N, 2, columns]`: all measurements, and which are hidden. Half are.
    """
    hidden = (draw.random(rows.shape) < 0.5).astype(np.float32)
    return np.stack([rows * (1 - hidden), hidden], axis=1), np.stack([rows, hidden], axis=1)


def _standardised(table: np.ndarray) -> np.ndarray:
    values: np.ndarray = (table - table.mean(axis=0)) / table.std(axis=0)
    return values.astype(np.float32)


def gap_loss(values: Tensor, targets: Tensor) -> Tensor:
    """The square error where asked for, as a share of the variance."""
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
def _cancer() -> Rows:
    from sklearn.datasets import load_breast_cancer

    return Rows("cancer_gaps", load_breast_cancer())


@cache
def _wine() -> LikeRows:
    from sklearn.datasets import load_wine

    return LikeRows("wine_gaps", load_wine())


CANCER_GAPS = Task(
    name="cancer_gaps",
    summary="missing measurements of breast cancers from the others, 60-64-64-30 perceptron, "
    "10k parameters",
    model=lambda: _filler(30, 64),
    data=_cancer,
    loss=gap_loss,
    steps=400,
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
