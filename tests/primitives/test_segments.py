"""Sums and repetitions over the parameter tensors of a model, against plain loops."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from primitives import NumpySegments, TorchSegments

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
