"""Says how a model's parameter tensors, and the numbers of every kind, lie in flat vectors.

Rules see each tensor as a matrix of r rows and c columns, its *matrix view*. The numbers of a
`TENSOR` value lie tensor by tensor and row by row; a `LEAF` value has one for each tensor, a `ROW`
value one for each row of each, a `COLUMN` value one for each column of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from primitives.kinds import Kind, fits

Shape = int | Sequence[int]
"""A parameter tensor's shape; a number stands for the shape of a vector."""
Indices = NDArray[np.int64]


def matrix_view(shape: Shape) -> tuple[int, int]:
    """Gives the rows and columns that rules see in a tensor of that shape.

    A vector is one column; of more than two dimensions, all but the first are flattened, so that a
    convolution has a row for each channel that it gives.

    >>> [matrix_view(shape) for shape in [(), (3,), (3, 4), (8, 4, 3, 3)]]
    [(1, 1), (3, 1), (3, 4), (8, 36)]
    """
    if isinstance(shape, int):
        return shape, 1
    return (shape[0], prod(shape[1:])) if len(shape) else (1, 1)


class Layout:
    """Knows where the numbers of each kind lie, for tensors of these shapes, none of them empty.

    >>> layout = Layout([(2, 3), 2])
    >>> {str(kind): width for kind, width in layout.widths.items()}
    {'scalar': 1, 'leaf': 2, 'row': 4, 'column': 4, 'tensor': 8}
    >>> layout.sources(Kind.ROW, Kind.TENSOR)
    array([0, 0, 0, 1, 1, 1, 2, 3])
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.views = tuple(matrix_view(shape) for shape in shapes)
        """The rows and columns of each tensor."""
        self.rows, self.columns = np.array(self.views, dtype=np.int64).reshape(-1, 2).T
        """The rows and the columns of each tensor, `[L]`."""
        self.counts = self.rows * self.columns
        """The numbers of each tensor, `[L]`."""
        self.owned: Mapping[Kind, Indices] = {
            Kind.LEAF: np.ones_like(self.counts),
            Kind.ROW: self.rows,
            Kind.COLUMN: self.columns,
            Kind.TENSOR: self.counts,
        }
        """How many numbers of a value of each kind are of each tensor, `[L]`."""
        self.widths: Mapping[Kind, int] = {
            Kind.SCALAR: 1,
            **{kind: int(own.sum()) for kind, own in self.owned.items()},
        }
        """How many numbers a value of each kind has."""
        self.runs: Mapping[Kind, Indices] = {
            Kind.LEAF: self.counts,
            Kind.ROW: np.repeat(self.columns, self.rows),
            Kind.COLUMN: np.repeat(self.rows, self.columns),
        }
        """How many numbers of a `TENSOR` value each number of a smaller one stands for."""
        self.starts: Mapping[Kind, Indices] = {
            kind: first(lengths) for kind, lengths in self.runs.items()
        }
        """Where these begin; of columns, in the order `by_column`."""
        self._sources: dict[tuple[Kind, Kind], Indices] = {}

    def sources(self, kind: Kind, into: Kind) -> Indices:
        """Gives for each number of a value of kind `into` the one of `kind` that it repeats."""
        if (kind, into) not in self._sources:
            assert fits(kind, into)
            self._sources[kind, into] = self._compute_sources(kind, into)
        return self._sources[kind, into]

    def _compute_sources(self, kind: Kind, into: Kind) -> Indices:
        if kind is Kind.SCALAR:
            return np.zeros(self.widths[into], dtype=np.int64)
        if kind is into:
            return np.arange(self.widths[into])
        owner = np.repeat(np.arange(len(self.counts)), self.owned[into])
        if kind is Kind.LEAF:
            return owner
        within = np.arange(self.widths[into]) - first(self.owned[into])[owner]
        place = within // self.columns[owner] if kind is Kind.ROW else within % self.columns[owner]
        result: Indices = first(self.owned[kind])[owner] + place
        return result

    @cached_property
    def by_column(self) -> Indices:
        """Gives the places of a `TENSOR` value's numbers in the order of columns, `[D]`."""
        return np.argsort(self.sources(Kind.COLUMN, Kind.TENSOR), kind="stable")


def first(lengths: Indices) -> Indices:
    """Gives where each of these runs begins, if they follow each other."""
    result: Indices = np.cumsum(lengths) - lengths
    return result
