"""Where numbers of each kind lie, against the matrix view of each shape, written out."""

import numpy as np
import pytest

from primitives import Kind
from primitives.layout import Layout, matrix_view

VIEWS = {(): (1, 1), (3,): (3, 1), (2, 3): (2, 3), (2, 3, 2): (2, 6), (4, 2, 3, 3): (4, 18)}


@pytest.mark.parametrize("shape", VIEWS)
def test_a_parameter_is_one_matrix(shape: tuple[int, ...]) -> None:
    """All but the first dimension are one; a vector is a column, a number 1 x 1."""
    assert matrix_view(shape) == VIEWS[shape]
    assert matrix_view(7) == (7, 1)


def test_rows_lie_one_after_the_other_and_columns_across() -> None:
    """As numpy lays out the same arrays."""
    layout = Layout(list(VIEWS))
    matrices = [np.full(view, n) for n, view in enumerate(VIEWS.values())]
    assert layout.counts.tolist() == [matrix.size for matrix in matrices]
    assert layout.widths[Kind.ROW] == sum(len(matrix) for matrix in matrices)
    assert layout.widths[Kind.COLUMN] == sum(matrix.shape[1] for matrix in matrices)
    place = np.arange(layout.widths[Kind.TENSOR])
    parts = np.split(place, np.cumsum(layout.counts)[:-1])
    across = [part.reshape(m.shape).T.ravel() for part, m in zip(parts, matrices, strict=True)]
    assert layout.by_column.tolist() == np.concatenate(across).tolist()
    owners = np.concatenate([matrix.ravel() for matrix in matrices])
    assert layout.sources(Kind.LEAF, Kind.TENSOR).tolist() == owners.tolist()
    assert layout.sources(Kind.TENSOR, Kind.TENSOR).tolist() == place.tolist()
    assert not layout.sources(Kind.SCALAR, Kind.ROW).any()
