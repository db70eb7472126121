"""Knows how a model's parameter tensors lie side by side in one flat vector of D numbers.

A `TENSOR` value is an array `[..., D]`, a `LEAF` value `[..., L]` with one number for each of
the L parameter tensors, and a `SCALAR` value a number or an array `[..., 1]`. Reductions, and
spreading a value over a larger kind, go through a `Segments`, of which there is one for numpy (the
reference) and one for torch (training).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from primitives.kinds import Kind

_SMALL = 512
"""The most numbers of a row that counts as small; `scripts/bench_training.py --only 6` measures
what is gained on either side."""


class Segments(Protocol):
    """Names what a primitive's functions may ask of the layout."""

    sizes: Any
    """`[L]` floats: the number of elements of each parameter tensor."""

    def sum(self, x: Any) -> Any:
        """Sums over each parameter tensor, `[..., D] -> [..., L]`."""

    def sum_all(self, x: Any) -> Any:
        """Sums over all parameter tensors, `[..., D] -> [..., 1]`."""

    def expand(self, x: Any) -> Any:
        """Repeats each number over its parameter tensor, `[..., L] -> [..., D]`."""


class NumpySegments:
    """Is the layout for numpy arrays; `sizes` are element counts, all positive.

    >>> segments = NumpySegments([2, 3])
    >>> segments.sum(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    array([ 3., 12.])
    >>> segments.spread(np.array([7.0, 8.0]), Kind.LEAF, Kind.TENSOR)
    array([7., 7., 8., 8., 8.])
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self.counts = np.asarray(sizes, dtype=np.int64)
        self.sizes: NDArray[np.float64] = self.counts.astype(np.float64)
        self.total = int(self.counts.sum())
        self.widths: Mapping[Kind, int] = {
            Kind.SCALAR: 1,
            Kind.LEAF: len(self.counts),
            Kind.TENSOR: self.total,
        }
        """The length of the last axis of each kind."""
        self._starts = np.concatenate([[0], np.cumsum(self.counts)[:-1]])
        self._owner = np.repeat(np.arange(len(sizes)), self.counts)

    def sum(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.add.reduceat(x, self._starts, axis=-1)

    def sum_all(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = x.sum(axis=-1, keepdims=True)
        return result

    def expand(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return x[..., self._owner]

    def spread(self, value: Any, kind: Kind, into: Kind, lead: tuple[int, ...] = ()) -> Any:
        """Spreads a value of `kind` over the kind `into`; the result is `[*lead, widths[into]]`.

        `lead` is the shape of the result but for the last axis; the value may lack it where it is
        the same for all. Nothing is copied that need not be, so the result may be read-only.
        """
        if kind is Kind.LEAF and into is Kind.TENSOR:
            return self.expand(value)
        if kind is into and np.ndim(value) == len(lead) + 1:
            return value
        return np.broadcast_to(value, (*lead, self.widths[into]))


class TorchSegments:
    """Is the layout for torch tensors of one dtype and device.

    torch computes the last few elements of a buffer by other code than the rest, which may round
    otherwise (powers do). So that the numbers of a row do not depend on how many rows there are,
    buffers for tensor and leaf values have rows of `width` and `leaf_width` numbers, rounded up to
    multiples of `align`, and scalars do not lie side by side, for then they are never computed many
    at a time. No reduction reads the padding, and what elementwise operations make of it does not
    matter.
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
        self.small = self.width <= _SMALL
        """Whether rows are so short that a call on a few of them takes longer to start than to
        compute."""
        owned = [*self.counts[:-1], self.counts[-1] + self.width - self.total]
        self._starts = np.cumsum([0, *self.counts[:-1]])
        self._ends = torch.tensor([0, *np.cumsum(self.counts).tolist()], device=device)
        self._owner = torch.repeat_interleave(
            torch.arange(len(owned), device=device), torch.tensor(owned, device=device)
        )

    @property
    def calls_dominate(self) -> bool:
        """Tells whether a call takes longer to start than to compute.

        This is so for short rows, and on a device other than the processor.
        """
        return self.small or not self.sizes.is_cpu

    def zeros(self, rows: int, kind: Kind, dtype: torch.dtype) -> Tensor:
        """Makes a new buffer for values of a kind.

        Its shape is `[rows, width]`, `[rows, leaf_width]` or `[rows, 1]`.
        """
        width = {Kind.SCALAR: 2, Kind.LEAF: self.leaf_width, Kind.TENSOR: self.width}[kind]
        buffer = torch.zeros((rows, width), dtype=dtype, device=self.sizes.device)
        return buffer[:, :1] if kind is Kind.SCALAR else buffer

    def leaves(self, x: Tensor) -> Tensor:
        """Views a buffer for leaf values without its padding, `[..., L]`."""
        return x[..., : len(self.counts)]

    def split(self, x: Tensor) -> tuple[Tensor, ...]:
        """Views the parameter tensors, each `[..., count]`."""
        return torch.split(x[..., : self.total], self.counts, dim=-1)

    def sum(self, x: Tensor) -> Tensor:
        if not x.is_cpu:
            return self.sum_on_device(x)
        # Faster than torch's for rows of any length.
        numbers = x.numpy()[..., : self.total]
        return torch.from_numpy(np.add.reduceat(numbers, self._starts, axis=-1))

    def sum_on_device(self, x: Tensor) -> Tensor:
        """Does what `sum` does by torch's own function, wherever the numbers lie."""
        offsets = self._ends.expand(*x.shape[:-1], -1).contiguous()
        return torch.segment_reduce(x, "sum", offsets=offsets, axis=x.dim() - 1, unsafe=True)

    def sum_all(self, x: Tensor) -> Tensor:
        return x[..., : self.total].sum(-1, keepdim=True)

    def expand(self, x: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Repeats each number over its parameter tensor, `[..., leaf_width] -> [..., width]`."""
        return torch.index_select(x, -1, self._owner, out=out)

    def spread(self, value: Tensor, kind: Kind, into: Kind, result: Tensor) -> Callable[[], object]:
        """Makes a call that spreads a value of `kind` into `result`, a buffer of the kind `into`.

        The value is a buffer of as many rows, or of one row that stands for all.
        """
        if kind is not Kind.LEAF or into is not Kind.TENSOR:
            return partial(result.copy_, value)
        if self.calls_dominate:
            return partial(self.expand, value, out=result)
        columns = self.leaves(value).unsqueeze(-1).unbind(-2)
        return partial(_copy_all, tuple(zip(self.split(result), columns, strict=True)))


def _copy_all(pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
    for target, source in pairs:
        target.copy_(source)
