"""Computes with a model's parameter tensors as they lie side by side in one flat vector.

A `TENSOR` value is an array `[..., D]`, a `LEAF` value `[..., L]` with one number for each of the L
parameter tensors, `ROW` and `COLUMN` values have one for each row or column of each, and a `SCALAR`
value is a number or an array `[..., 1]`. Reductions, and spreading a value over a larger kind, go
through a `Segments`, of which there is one for numpy (the reference) and one for torch (training).
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
from primitives.layout import Layout, Shape

_SMALL = 512
"""The most numbers of a row that counts as small; `scripts/bench_training.py --only 6` measures
what is gained on either side."""


class Segments(Protocol):
    """Names what a primitive's functions may ask of the layout."""

    sizes: Any
    """`[L]` floats: the number of elements of each parameter tensor."""
    rows: Any
    """`[L]` floats: the rows of each tensor's matrix view."""
    columns: Any
    """`[L]` floats: the columns of each tensor's matrix view."""

    def sum(self, x: Any) -> Any:
        """Sums over each parameter tensor, `[..., D] -> [..., L]`."""

    def mean_over(self, kind: Kind, x: Any) -> Any:
        """Takes the means over each row or column, as `kind` says, of each parameter tensor."""

    def sum_all(self, x: Any) -> Any:
        """Sums over all parameter tensors, `[..., D] -> [..., 1]`."""

    def expand(self, x: Any) -> Any:
        """Repeats each number over its parameter tensor, `[..., L] -> [..., D]`."""


class NumpySegments:
    """Is the layout for numpy arrays; `shapes` are of tensors, or counts of vectors' elements.

    >>> segments = NumpySegments([2, (1, 3)])
    >>> segments.sum(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    array([ 3., 12.])
    >>> segments.mean_over(Kind.ROW, np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    array([1., 2., 4.])
    >>> segments.spread(np.array([7.0, 8.0]), Kind.LEAF, Kind.TENSOR)
    array([7., 7., 8., 8., 8.])
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.layout = Layout(shapes)
        self.counts = self.layout.counts
        self.sizes: NDArray[np.float64] = self.counts.astype(np.float64)
        self.rows: NDArray[np.float64] = self.layout.rows.astype(np.float64)
        self.columns: NDArray[np.float64] = self.layout.columns.astype(np.float64)
        self.widths = self.layout.widths
        """The length of the last axis of each kind."""
        self.total = self.widths[Kind.TENSOR]

    def sum(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = _sum(self.layout, Kind.LEAF, x)
        return result

    def mean_over(self, kind: Kind, x: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = _sum(self.layout, kind, x) / self.layout.runs[kind]
        return result

    def sum_all(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = x.sum(axis=-1, keepdims=True)
        return result

    def expand(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return x[..., self.layout.sources(Kind.LEAF, Kind.TENSOR)]

    def spread(self, value: Any, kind: Kind, into: Kind, lead: tuple[int, ...] = ()) -> Any:
        """Spreads a value of `kind` over the kind `into`; the result is `[*lead, widths[into]]`.

        `lead` is the shape of the result but for the last axis; the value may lack it where it is
        the same for all. Nothing is copied that need not be, so the result may be read-only.
        """
        if kind is not into and kind is not Kind.SCALAR:
            return value[..., self.layout.sources(kind, into)]
        if kind is into and np.ndim(value) == len(lead) + 1:
            return value
        return np.broadcast_to(value, (*lead, self.widths[into]))


def _sum(layout: Layout, kind: Kind, x: Any) -> Any:
    """Sums over what each number of `kind` stands for, `[..., D] -> [..., widths[kind]]`."""
    if kind is Kind.COLUMN:
        x = x[..., layout.by_column]
    return np.add.reduceat(x, layout.starts[kind], axis=-1)


class TorchSegments:
    """Is the layout for torch tensors of one dtype and device.

    torch computes the last few elements of a buffer by other code than the rest, which may round
    otherwise (powers do). So that the numbers of a row do not depend on how many rows there are,
    buffers have rows of as many numbers as `padded` says, multiples of `align`; but scalars do not
    lie side by side, for then they are never computed many at a time. No reduction reads the
    padding, and what elementwise operations make of it does not matter.
    """

    def __init__(
        self,
        shapes: Sequence[Shape],
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        align: int = 1,
    ) -> None:
        self.layout = Layout(shapes)
        self.counts: list[int] = self.layout.counts.tolist()
        self.sizes, self.rows, self.columns = (
            torch.tensor(numbers, dtype=dtype, device=device)
            for numbers in (self.layout.counts, self.layout.rows, self.layout.columns)
        )
        self._runs = {
            kind: torch.tensor(lengths, dtype=dtype, device=device)
            for kind, lengths in self.layout.runs.items()
        }
        self.total = self.layout.widths[Kind.TENSOR]
        self.padded: Mapping[Kind, int] = {
            kind: -(-count // align) * align for kind, count in self.layout.widths.items()
        }
        self.width = self.padded[Kind.TENSOR]
        self.small = self.width <= _SMALL
        """Whether rows are so short that a call on a few of them takes longer to start than to
        compute."""
        self._ends = {
            kind: torch.from_numpy(np.append(starts, self.total)).to(device)
            for kind, starts in self.layout.starts.items()
        }
        self._by_column = torch.from_numpy(self.layout.by_column).to(device)
        self._sources: dict[tuple[Kind, Kind], Tensor] = {}

    @property
    def calls_dominate(self) -> bool:
        """Tells whether a call takes longer to start than to compute.

        This is so for short rows, and on a device other than the processor.
        """
        return self.small or not self.sizes.is_cpu

    def zeros(self, rows: int, kind: Kind, dtype: torch.dtype) -> Tensor:
        """Makes a new buffer for values of a kind, `[rows, padded[kind]]`, or `[rows, 1]`."""
        width = 2 if kind is Kind.SCALAR else self.padded[kind]
        buffer = torch.zeros((rows, width), dtype=dtype, device=self.sizes.device)
        return buffer[:, :1] if kind is Kind.SCALAR else buffer

    def numbers(self, x: Tensor, kind: Kind) -> Tensor:
        """Views a buffer for values of a kind without its padding, `[..., layout.widths[kind]]`."""
        return x[..., : self.layout.widths[kind]]

    def split(self, x: Tensor, kind: Kind = Kind.TENSOR) -> tuple[Tensor, ...]:
        """Views what is of each parameter tensor, each `[..., layout.owned[kind][l]]`."""
        return torch.split(self.numbers(x, kind), self.layout.owned[kind].tolist(), dim=-1)

    def sum(self, x: Tensor) -> Tensor:
        return self._sum(Kind.LEAF, x)

    def mean_over(self, kind: Kind, x: Tensor) -> Tensor:
        return self._sum(kind, x) / self._runs[kind]

    def _sum(self, kind: Kind, x: Tensor) -> Tensor:
        if not x.is_cpu:
            return self.sum_on_device(x, kind)
        # Faster than torch's for rows of any length.
        return torch.from_numpy(_sum(self.layout, kind, x.numpy()[..., : self.total]))

    def sum_on_device(self, x: Tensor, kind: Kind = Kind.LEAF) -> Tensor:
        """Sums by torch's own function, wherever the numbers lie."""
        if kind is Kind.COLUMN:
            x = x.index_select(-1, self._by_column)
        offsets = self._ends[kind].expand(*x.shape[:-1], -1).contiguous()
        return torch.segment_reduce(x, "sum", offsets=offsets, axis=x.dim() - 1, unsafe=True)

    def sum_all(self, x: Tensor) -> Tensor:
        return x[..., : self.total].sum(-1, keepdim=True)

    def expand(self, x: Tensor) -> Tensor:
        """Repeats each number over its parameter tensor, `[..., L] -> [..., width]`."""
        return torch.index_select(x, -1, self._padded_sources(Kind.LEAF, Kind.TENSOR))

    def spread(self, value: Tensor, kind: Kind, into: Kind, result: Tensor) -> Callable[[], object]:
        """Makes a call that spreads a value of `kind` into `result`, a buffer of the kind `into`.

        The value is a buffer of as many rows, or of one row that stands for all.
        """
        if kind is Kind.SCALAR or kind is into:
            return partial(result.copy_, value)
        if self.calls_dominate:
            return partial(
                torch.index_select, value, -1, self._padded_sources(kind, into), out=result
            )
        parts, targets = self.split(value, kind), self.split(result, into)
        if kind is not Kind.LEAF:  # one number for a row or column of a matrix
            axis = -1 if kind is Kind.ROW else -2
            parts = tuple(part.unsqueeze(axis) for part in parts)
            views = zip(targets, self.layout.views, strict=True)
            targets = tuple(target.view(*target.shape[:-1], *view) for target, view in views)
        return partial(_copy_all, tuple(zip(targets, parts, strict=True)))

    def _padded_sources(self, kind: Kind, into: Kind) -> Tensor:
        """Gives `layout.sources` with padding, which repeats any number."""
        if (kind, into) not in self._sources:
            sources = self.layout.sources(kind, into)
            filled = np.pad(sources, (0, self.padded[into] - len(sources)), mode="edge")
            self._sources[kind, into] = torch.from_numpy(filled).to(self.sizes.device)
        return self._sources[kind, into]


def _copy_all(pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
    for target, source in pairs:
        target.copy_(source)
