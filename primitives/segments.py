"""How the parameter tensors of a model lie side by side in one flat vector of D numbers.

A `TENSOR` value is an array `[..., D]`, a `LEAF` value `[..., L]` with one number for each of
the L parameter tensors. Reductions and broadcasting between the two go through a `Segments`,
of which there is one for numpy (the reference) and one for torch (training).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Segments(Protocol):
    """What a reduction may ask of the layout."""

    sizes: Any
    """`[L]` floats: the number of elements of each parameter tensor."""

    def sum(self, x: Any) -> Any:
        """`[..., D] -> [..., L]`, the sum over each parameter tensor."""

    def sum_all(self, x: Any) -> Any:
        """`[..., D] -> [..., 1]`, the sum over all parameter tensors."""

    def expand(self, x: Any) -> Any:
        """`[..., L] -> [..., D]`, each number repeated over its parameter tensor."""


class NumpySegments:
    """The layout for numpy arrays; `sizes` are element counts, all positive."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.counts = np.asarray(sizes, dtype=np.int64)
        self.sizes: NDArray[np.float64] = self.counts.astype(np.float64)
        self.total = int(self.counts.sum())
        self._starts = np.concatenate([[0], np.cumsum(self.counts)[:-1]])
        self._owner = np.repeat(np.arange(len(sizes)), self.counts)

    def sum(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.add.reduceat(x, self._starts, axis=-1)

    def sum_all(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = x.sum(axis=-1, keepdims=True)
        return result

    def expand(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return x[..., self._owner]


class TorchSegments:
    """The layout for torch tensors of one dtype and device."""

    def __init__(
        self,
        sizes: Sequence[int],
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        self.counts = list(sizes)
        self.sizes = torch.tensor(self.counts, dtype=dtype, device=device)
        self.total = sum(self.counts)
        self._owner = torch.repeat_interleave(
            torch.arange(len(self.counts), device=device),
            torch.tensor(self.counts, device=device),
        )

    def sum(self, x: Tensor) -> Tensor:
        return torch.stack([part.sum(-1) for part in torch.split(x, self.counts, dim=-1)], dim=-1)

    def sum_all(self, x: Tensor) -> Tensor:
        return x.sum(-1, keepdim=True)

    def expand(self, x: Tensor) -> Tensor:
        return x.index_select(-1, self._owner)
