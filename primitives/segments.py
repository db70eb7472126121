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

from primitives.kinds import Kind

_FEW = 256
"""Elements per tensor, below which one call for all of them is faster than one for each."""


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
    """The layout for torch tensors of one dtype and device.

    Rows have `width` numbers, `total` rounded up to a multiple of `align`. torch computes the last
    few elements of a buffer by other code than the rest, which may round otherwise; with
    padding, the numbers of a row do not depend on the rows beside it. No reduction reads the
    padding, and what elementwise operations make of it is of no account.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        align: int = 1,
    ) -> None:
        self.counts = list(sizes)
        self.sizes = torch.tensor(self.counts, dtype=dtype, device=device)
        self.total = sum(self.counts)
        self.width = -(-self.total // align) * align
        owned = [*self.counts[:-1], self.counts[-1] + self.width - self.total]
        self._ends = torch.tensor([0, *np.cumsum(self.counts).tolist()], device=device)
        self._owner = torch.repeat_interleave(
            torch.arange(len(owned), device=device), torch.tensor(owned, device=device)
        )

    def zeros(self, rows: int, kind: Kind, dtype: torch.dtype) -> Tensor:
        """A new buffer for a value of that kind: `[rows, 1]`, `[rows, L]` or `[rows, width]`."""
        width = {Kind.SCALAR: 1, Kind.LEAF: len(self.counts), Kind.TENSOR: self.width}[kind]
        return torch.zeros((rows, width), dtype=dtype, device=self.sizes.device)

    def split(self, x: Tensor) -> tuple[Tensor, ...]:
        """Views `[..., count]` of the parameter tensors."""
        return torch.split(x[..., : self.total], self.counts, dim=-1)

    def sum(self, x: Tensor) -> Tensor:
        if self.total <= _FEW * len(self.counts):
            offsets = self._ends.expand(*x.shape[:-1], -1).contiguous()
            return torch.segment_reduce(x, "sum", offsets=offsets, axis=x.dim() - 1, unsafe=True)
        sums = x.new_empty((*x.shape[:-1], len(self.counts)))
        for part, total in zip(self.split(x), sums.unbind(-1), strict=True):
            torch.sum(part, -1, out=total)
        return sums

    def sum_all(self, x: Tensor) -> Tensor:
        return x[..., : self.total].sum(-1, keepdim=True)

    def expand(self, x: Tensor) -> Tensor:
        """As the protocol says; `[..., width]`."""
        return x.index_select(-1, self._owner)
