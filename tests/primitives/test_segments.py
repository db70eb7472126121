"""Sums and repetitions over the parameter tensors of a model, against plain loops."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from primitives import Kind, NumpySegments, TorchSegments, fits

sizes_strategy = st.lists(st.integers(1, 5), min_size=1, max_size=5)


def plain_sum(row: Sequence[float], sizes: Sequence[int]) -> list[float]:
    """The sum of each run of `sizes` numbers."""
    rest = iter(row)
    return [sum(next(rest) for _ in range(size)) for size in sizes]


def plain_expand(row: Sequence[float], sizes: Sequence[int]) -> list[float]:
    """Each number as many times as its size says."""
    return [value for value, size in zip(row, sizes, strict=True) for _ in range(size)]


def layouts(sizes: Sequence[int]) -> list[tuple[Any, Any]]:
    """Each implementation with what makes its arrays."""
    return [
        (NumpySegments(sizes), np.asarray),
        (TorchSegments(sizes, torch.float64), lambda x: torch.tensor(x, dtype=torch.float64)),
    ]


@given(sizes_strategy, st.randoms(use_true_random=False))
def test_sum_and_expand_follow_the_layout(sizes: list[int], random: Any) -> None:
    """`sum` adds up each tensor's elements, `expand` repeats a number over them."""
    # Whole numbers, so that sums are exact in any order.
    wide = [[float(random.randint(-9, 9)) for _ in range(sum(sizes))] for _ in range(2)]
    narrow = [row[: len(sizes)] for row in wide]
    by_torch = TorchSegments(sizes).sum_on_device(torch.tensor(wide))
    assert by_torch.tolist() == [plain_sum(row, sizes) for row in wide]
    for segments, array in layouts(sizes):
        assert segments.sum(array(wide)).tolist() == [plain_sum(row, sizes) for row in wide]
        assert segments.sum(array(wide[0])).tolist() == plain_sum(wide[0], sizes)
        expanded = [plain_expand(row, sizes) for row in narrow]
        assert segments.expand(array(narrow)).tolist() == expanded
        assert segments.expand(array(narrow[0])).tolist() == expanded[0]


def test_sizes_are_element_counts() -> None:
    """`sizes` gives the element counts as numbers to divide by, `total` their sum."""
    for segments, _ in layouts([3, 1, 4]):
        assert segments.sizes.tolist() == [3.0, 1.0, 4.0]
        assert segments.total == 8


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torch_layout_keeps_the_dtype(dtype: torch.dtype) -> None:
    """Sums, repetitions and sizes have the dtype the layout was made for."""
    segments = TorchSegments([2, 3], dtype)
    assert segments.sizes.dtype == dtype
    assert segments.sum(torch.ones(4, 5, dtype=dtype)).dtype == dtype
    assert segments.expand(torch.ones(4, 2, dtype=dtype)).dtype == dtype


KINDS = (Kind.SCALAR, Kind.LEAF, Kind.TENSOR)
LARGE = [3, 1, 600]
"""So long that rows are spread part by part, not by an index."""


def plain_spread(numbers: Sequence[float], kind: Kind, into: Kind, sizes: Sequence[int]) -> Any:
    """A value of `kind`, given by its numbers, as one of kind `into`."""
    if kind is into:
        return list(numbers)
    if kind is Kind.LEAF:
        return plain_expand(numbers, sizes)
    return list(numbers) * {Kind.LEAF: len(sizes), Kind.TENSOR: sum(sizes)}[into]


def pairs() -> list[tuple[Kind, Kind]]:
    return [(kind, into) for kind in KINDS for into in KINDS if fits(kind, into)]


@given(sizes_strategy, st.randoms(use_true_random=False))
def test_numpy_spreads_over_every_larger_kind(sizes: list[int], random: Any) -> None:
    """With any leading shape, which a value may lack if all share it."""
    segments = NumpySegments(sizes)
    assert [segments.widths[kind] for kind in KINDS] == [1, len(sizes), sum(sizes)]
    for kind, into in pairs():
        rows = [[random.random() for _ in range(segments.widths[kind])] for _ in range(2)]
        expected = [plain_spread(row, kind, into, sizes) for row in rows]
        assert segments.spread(np.array(rows), kind, into, (2,)).tolist() == expected
        assert segments.spread(np.array(rows[0]), kind, into).tolist() == expected[0]
    assert segments.spread(np.float64(2.0), Kind.SCALAR, Kind.LEAF, (2,)).tolist() == (
        [[2.0] * len(sizes)] * 2
    )


@pytest.mark.parametrize("sizes", [[3, 1, 4], LARGE], ids=["short rows", "long rows"])
@pytest.mark.parametrize("rows", [1, 3], ids=["one row for all", "a row for each"])
def test_torch_spreads_over_every_larger_kind(sizes: list[int], rows: int) -> None:
    """Into a buffer, of which the padding is of no account, at each call anew."""
    segments = TorchSegments(sizes, torch.float64, align=16)
    assert segments.small is segments.calls_dominate is (sizes is not LARGE)
    draw = np.random.default_rng(0)
    counts = dict(zip(KINDS, (1, len(sizes), sum(sizes)), strict=True))
    for kind, into in pairs():
        value = segments.zeros(rows, kind, torch.float64)
        result = segments.zeros(3, into, torch.float64)
        if kind is not Kind.SCALAR and rows == 1:
            value = value.expand(3, -1)
        call = segments.spread(value, kind, into, result)
        for _ in range(2):
            numbers = draw.standard_normal((rows, counts[kind])).tolist()
            value[:rows, : counts[kind]] = torch.tensor(numbers, dtype=torch.float64)
            call()
            expected = [plain_spread(row, kind, into, sizes) for row in numbers] * (3 // rows)
            assert result[:, : counts[into]].tolist() == expected
