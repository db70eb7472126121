"""Trains logistic regression: a convex problem with features of very different sizes."""

from __future__ import annotations

from functools import cache

import numpy as np
from torch import nn

from proxies.keys import generator
from proxies.task import Batch, Task
from proxies.tasks.digit_images import class_loss

_FEATURES, _CLASSES = 32, 8
_HELD_OUT = 4096


@cache
def _problem() -> tuple[np.ndarray, np.ndarray]:
    """Makes the two fixed matrices of the problem.

    The first, `[32, 32]`, mixes independent numbers into features; the second, `[32, 8]`, makes the
    classes' logits of the features.
    """
    draw = generator("logistic", "problem")
    basis, _ = np.linalg.qr(draw.standard_normal((_FEATURES, _FEATURES)))
    scales = np.arange(1, _FEATURES + 1) ** -0.75
    return (scales[:, None] * basis.T) * 2.0, 2.0 * draw.standard_normal((_FEATURES, _CLASSES))


class MixedFeatures:
    """Draws correlated features `[N, 32]` and a class of 8, by a fixed linear model."""

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        mixing, weights = _problem()
        features = draw.standard_normal((size, _FEATURES)) @ mixing
        # The largest of logits with Gumbel noise is a draw from their softmax.
        classes = (features @ weights + draw.gumbel(size=(size, _CLASSES))).argmax(axis=1)
        return features.astype(np.float32), classes.astype(np.int64)

    def held_out(self) -> Batch:
        return self.sample(generator("logistic", "held out"), _HELD_OUT)


LOGISTIC = Task(
    name="logistic",
    summary="logistic regression, 8 classes, correlated features, 264 parameters",
    model=lambda: nn.Linear(_FEATURES, _CLASSES),
    data=MixedFeatures,
    loss=class_loss,
    steps=100,
    batch_size=64,
    rate=0.1,
)
