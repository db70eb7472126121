"""An updater with buffers of its own, to be given weights and gradients as they come."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from primitives import Kind, TorchSegments
from proxies.plan import Plan
from proxies.update import Scratch, Updater


class Directions:
    """The directions of a rule for k replicas, in a layout with padding as the trainer's."""

    def __init__(
        self, plan: Plan, sizes: Sequence[int], rates: NDArray[np.float64], dtype: torch.dtype
    ) -> None:
        segments = TorchSegments(sizes, dtype, align=16)
        self._total = segments.total
        rows = rates.shape[1]
        self._weights, self._gradient = (segments.zeros(rows, Kind.TENSOR, dtype) for _ in "wg")
        self._updater = Updater(plan, segments, rates, dtype)
        self._updater.bind(self._weights, self._gradient, Scratch(segments, dtype, rows))

    def direction(self, t: int, weights: Tensor, gradient: Tensor) -> Tensor:
        """`[k, D]` of step `t`, a tensor of its own."""
        self._weights[:, : self._total] = weights
        self._gradient[:, : self._total] = gradient
        found = self._updater.direction(t).expand(self._weights.shape)
        return found[:, : self._total].clone()
