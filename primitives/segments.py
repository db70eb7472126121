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

    torch computes the last few elements of a buffer by other code than the rest, which may round
    otherwise (powers do). So that the numbers of a row do not depend on how many rows there are,
    buffers for tensor and leaf values have rows of `width` and `leaf_width` numbers, rounded up to
    multiples of `align`, and scalars do not lie side by side, for then they are never computed many
    at a time. No reduction reads the padding, and what elementwise operations make of it is of no
    account.
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
        self.width, self.leaf_width = (
            -(-count // align) * align for count in (self.total, len(self.counts))
        )
        owned = [*self.counts[:-1], self.counts[-1] + self.width - self.total]
        self._starts = np.cumsum([0, *self.counts[:-1]])
        self._ends = torch.tensor([0, *np.cumsum(self.counts).tolist()], device=device)
        self._owner = torch.repeat_interleave(
            torch.arange(len(owned), device=device), torch.tensor(owned, device=device)
        )

    def zeros(self, rows: int, kind: Kind, dtype: torch.dtype) -> Tensor:
        """A new buffer for values of that kind: `[rows, width]`, `[rows, leaf_width]` or
        `[rows, 1]`.
        """
        width = {Kind.SCALAR: 2, Kind.LEAF: self.leaf_width, Kind.TENSOR: self.width}[kind]
        buffer = torch.zeros((rows, width), dtype=dtype, device=self.sizes.device)
        return buffer[:, :1] if kind is Kind.SCALAR else buffer

    def leaves(self, x: Tensor) -> Tensor:
        """The view `[..., L]` without padding of a buffer for leaf values."""
        return x[..., : len(self.counts)]

    def split(self, x: Tensor) -> tuple[Tensor, ...]:
        """Views `[..., count]` of the parameter tensors."""
        return torch.split(x[..., : self.total], self.counts, dim=-1)

    def sum(self, x: Tensor) -> Tensor:
        if not x.is_cpu:
            return self.sum_on_device(x)
        # Faster than torch's for rows of any length.
        numbers = x.numpy()[..., : self.total]
        return torch.from_numpy(np.add.reduceat(numbers, self._starts, axis=-1))

    def sum_on_device(self, x: Tensor) -> Tensor:
        """`sum` by torch's own function, wherever the numbers lie."""
        offsets = self._ends.expand(*x.shape[:-1], -1).contiguous()
        return torch.segment_reduce(x, "sum", offsets=offsets, axis=x.dim() - 1, unsafe=True)

    def sum_all(self, x: Tensor) -> Tensor:
        return x[..., : self.total].sum(-1, keepdim=True)

    def expand(self, x: Tensor, *, out: Tensor | None = None) -> Tensor:
        """As the protocol says; `[..., width]`."""
        return torch.index_select(x, -1, self._owner, out=out)
