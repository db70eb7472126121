"""What a training task is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

Batch = tuple[NDArray[Any], NDArray[Any]]
"""Inputs and targets; the first axis is the example."""


class Data(Protocol):
    """A source of training batches that does not run out, and a fixed held-out batch."""

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        """A training batch of `size` examples, a function of the generator alone."""

    def held_out(self) -> Batch:
        """The examples on which the final loss is measured; never trained on."""


@dataclass(frozen=True)
class Task:
    """A model, its data and how it is trained.

    `model` builds an ordinary module; its forward takes the batch's inputs. `loss` maps the
    module's output and the targets to a scalar, a mean over the batch. The learning rate warms up
    linearly over `warmup` of the steps and falls to zero as a cosine. `weight_decay` is relative
    to the update size, so that rules which differ in scale alone decay alike.
    """

    name: str
    summary: str
    model: Callable[[], nn.Module]
    data: Callable[[], Data]
    loss: Callable[[Tensor, Tensor], Tensor]
    steps: int
    batch_size: int
    rate: float
    """Where the search for a learning rate starts, in root-mean-square change per step."""
    warmup: float = 0.1
    weight_decay: float = 0.01
    version: int = 1
    """Raised when a change of code changes the task."""

    def digest(self) -> str:
        """Names everything that a cached measurement depends on, the data's content included."""
        held_out = self.data().held_out()
        first = self.data().sample(np.random.Generator(np.random.Philox(key=0)), self.batch_size)
        parts = [self.name, self.version, self.steps, self.batch_size, self.rate, self.warmup]
        summary = blake2b(repr([*parts, self.weight_decay]).encode(), digest_size=8)
        for array in (*held_out, *first):
            summary.update(np.ascontiguousarray(array).tobytes())
        return summary.hexdigest()


def rate_factors(steps: int, warmup: float) -> NDArray[np.float64]:
    """`[steps]`: the factor on the learning rate, linear warm-up and then a cosine to zero."""
    position = np.arange(1, steps + 1, dtype=np.float64)
    rising = max(1.0, warmup * steps)
    falling = 0.5 * (1 + np.cos(np.pi * (position - rising) / (steps - rising or 1.0)))
    return np.where(position < rising, position / rising, falling)
