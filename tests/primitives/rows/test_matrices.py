"""Means over rows and columns, in every form, are those of the matrix view written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from primitives import PRIMITIVES, Kind, NumpySegments, Primitive, TorchSegments, fits, render
from tests.support import plain_definitions as plain
from tests.support.row_grids import named

MEANS = [PRIMITIVES["row_mean"], PRIMITIVES["column_mean"]]
VIEWS = {
    (): (1, 1),
    (1,): (1, 1),
    (5,): (5, 1),
    (3, 4): (3, 4),
    (1, 6): (1, 6),
    (6, 1): (6, 1),
    (2, 3, 2): (2, 6),
    (4, 2, 3, 3): (4, 18),
    (2, 1, 2, 1, 3): (2, 6),
}
"""The rows and columns of each shape, as the design states them."""
SHAPES = [*VIEWS]
DRAW = np.random.default_rng(5)
TENSORS = [DRAW.standard_normal(shape) for shape in SHAPES]
FLAT = np.concatenate([tensor.ravel() for tensor in TENSORS])


def expected(name: str) -> list[float]:
    """The numbers of all tensors, one after the other."""
    matrices = [tensor.reshape(VIEWS[tensor.shape]).tolist() for tensor in TENSORS]
    return [number for matrix in matrices for number in plain.MATRICES[name](matrix)]


@named(MEANS)
def test_both_layouts_take_means_of_the_matrix_view(row: Primitive) -> None:
    """Of one model, and of several at once."""
    wanted = np.array(expected(row.name))
    two = np.stack([FLAT, 2 * FLAT])
    reference = row.numpy(NumpySegments(SHAPES), two)
    np.testing.assert_allclose(reference, [wanted, 2 * wanted], rtol=1e-13)
    segments = TorchSegments(SHAPES, torch.float64, align=16)
    padded = torch.full((2, segments.width), torch.nan, dtype=torch.float64)
    padded[:, : segments.total] = torch.from_numpy(two)
    np.testing.assert_allclose(row.torch(segments, padded).numpy(), reference, rtol=1e-13)
    assert row.reduces_to is not None
    on_device = segments.sum_on_device(torch.from_numpy(two), row.reduces_to)
    runs = segments.layout.runs[row.reduces_to]
    np.testing.assert_allclose(on_device.numpy() / runs, reference, rtol=1e-13)


@named(MEANS)
def test_code_takes_means_of_parameters_of_any_shape(row: Primitive) -> None:
    """In a shape that broadcasts to the parameter's; of an empty one it gives nothing."""
    numbers = []
    for tensor in map(torch.from_numpy, TENSORS):
        result = eval(
            render(row.source, ["x"], [False]), {"torch": torch, "x": tensor, "p": tensor}
        )
        assert torch.broadcast_shapes(result.shape, tensor.shape) == tensor.shape
        numbers += result.flatten().tolist()
    np.testing.assert_allclose(numbers, expected(row.name), rtol=1e-13)
    for shape in ((0,), (0, 3)):
        empty = torch.zeros(shape)
        result = eval(render(row.source, ["x"], [False]), {"torch": torch, "x": empty, "p": empty})
        assert (result + empty).shape == shape


@pytest.mark.parametrize(("name", "place"), [("rows", 0), ("columns", 1)])
def test_sides_are_those_of_the_matrix_view(name: str, place: int) -> None:
    """In every form."""
    row = PRIMITIVES[name]
    wanted = [view[place] for view in VIEWS.values()]
    assert row.reduces_to is Kind.LEAF
    assert row.numpy(NumpySegments(SHAPES)).tolist() == wanted
    assert row.torch(TorchSegments(SHAPES, torch.float64)).tolist() == wanted
    for source in (row.source, row.scalar_source):
        assert isinstance(source, str)
        parameters = [torch.zeros(shape) for shape in SHAPES]
        assert [float(eval(source, {"p": p, "float": float})) for p in parameters] == wanted


def spread_by_hand(
    numbers: list[float], kind: Kind, into: Kind, views: list[tuple[int, int]]
) -> list[float]:
    """A value of `kind` as one of kind `into`, tensor by tensor and element by element."""
    taken, result = iter(numbers), []
    for rows, columns in views:
        count = {Kind.LEAF: 1, Kind.ROW: rows, Kind.COLUMN: columns, Kind.TENSOR: rows * columns}
        own = [next(taken) for _ in range(count[kind])]
        grid = [
            [
                {
                    Kind.LEAF: own[0],
                    Kind.ROW: own[min(r, len(own) - 1)],
                    Kind.COLUMN: own[min(c, len(own) - 1)],
                    Kind.TENSOR: own[min(r * columns + c, len(own) - 1)],
                }[kind]
                for c in range(columns)
            ]
            for r in range(rows)
        ]
        result += {
            Kind.LEAF: [grid[0][0]],
            Kind.ROW: [row[0] for row in grid],
            Kind.COLUMN: grid[0],
            Kind.TENSOR: [number for row in grid for number in row],
        }[into]
    return result


PAIRS = [
    (kind, into)
    for kind in Kind
    for into in Kind
    if kind is not Kind.SCALAR and kind is not into and fits(kind, into)
]


@pytest.mark.parametrize("large", [False, True], ids=["short rows", "long rows"])
@pytest.mark.parametrize(("kind", "into"), PAIRS, ids=lambda kind: str(kind))
def test_values_spread_along_rows_and_columns(kind: Kind, into: Kind, large: bool) -> None:
    """In both layouts, of one model and of several, whichever way a buffer is filled."""
    shapes = [*SHAPES, *([(30, 40)] if large else [])]
    views = [*VIEWS.values(), *([(30, 40)] if large else [])]
    reference = NumpySegments(shapes)
    draw = np.random.default_rng(6)
    rows = draw.standard_normal((3, reference.widths[kind]))
    expected = [spread_by_hand(row.tolist(), kind, into, views) for row in rows]
    assert reference.spread(rows, kind, into, (3,)).tolist() == expected
    segments = TorchSegments(shapes, torch.float64, align=16)
    assert segments.calls_dominate is not large
    value = segments.zeros(3, kind, torch.float64)
    segments.numbers(value, kind)[:] = torch.from_numpy(rows)
    result = segments.zeros(3, into, torch.float64)
    segments.spread(value, kind, into, result)()
    assert segments.numbers(result, into).tolist() == expected
    one_for_all = value[:1].expand(3, -1)
    segments.spread(one_for_all, kind, into, result)()
    assert segments.numbers(result, into).tolist() == expected[:1] * 3
