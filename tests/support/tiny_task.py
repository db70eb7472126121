"""A task that trains in milliseconds: linear regression with noise."""

from dataclasses import replace

import numpy as np
from torch import nn
from torch.nn import functional

from proxies import Batch, Task

_TRUE_WEIGHTS = np.array([[1.0], [-2.0], [0.5]])


class NoisyLine:
    """Inputs `[N, 3]`, targets `[N, 1]`: a fixed linear map with noise."""

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        inputs = draw.standard_normal((size, 3))
        targets = inputs @ _TRUE_WEIGHTS + 0.1 * draw.standard_normal((size, 1))
        return inputs.astype(np.float32), targets.astype(np.float32)

    def held_out(self) -> Batch:
        return self.sample(np.random.default_rng(7), 64)


TINY = Task(
    name="tiny",
    summary="linear regression, 4 parameters",
    model=lambda: nn.Linear(3, 1),
    data=NoisyLine,
    loss=functional.mse_loss,
    steps=16,
    batch_size=8,
    rate=0.1,
)
TINY_TOO = replace(TINY, name="tiny_too", batch_size=4)
"""The same with other draws."""
