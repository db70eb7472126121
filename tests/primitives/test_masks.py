"""Choices by bits against torch's own, for elements of every sort."""

import pytest
import torch
from torch import Tensor

from primitives.masks import choose, keep, nonzero_mask

SPECIAL = (0.0, -0.0, 1.0, -2.5, 1e-45, 5e-324, 3e38, float("inf"), float("-inf"), float("nan"))
dtypes = pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])


def pairs(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Every special number beside every other."""
    numbers = torch.tensor(SPECIAL, dtype=dtype)
    return torch.meshgrid(numbers, numbers, indexing="ij")


def same(a: Tensor, b: Tensor) -> bool:
    return torch.equal(a.nan_to_num(7.0), b.nan_to_num(7.0)) and torch.equal(a.isnan(), b.isnan())


@dtypes
def test_keep_is_a_filled_mask(dtype: torch.dtype) -> None:
    """What is not kept is 0, be it infinite or NaN; the rest is untouched."""
    x, condition = pairs(dtype)
    expected = x.masked_fill(condition == 0, 0.0)
    assert same(keep(x.clone(), nonzero_mask(condition)), expected)
    row = condition[0]
    assert same(keep(x.clone(), nonzero_mask(row)), x.masked_fill(row == 0, 0.0))


@dtypes
def test_choose_is_where(dtype: torch.dtype) -> None:
    """It agrees with torch's own, also into one of its arguments, and for one number for all."""
    condition, a = pairs(dtype)
    b = a.flip(0, 1)
    expected = torch.where(condition != 0, a, b)
    assert same(choose(nonzero_mask(condition), a, b), expected)
    for position in range(3):
        given = [condition.clone(), a.clone(), b.clone()]
        result = choose(nonzero_mask(given[0]), given[1], given[2], out=given[position])
        assert result is given[position]
        assert same(result, expected)
    number = torch.tensor(2.0, dtype=dtype)
    wide = torch.where(condition != 0, number, b)
    assert same(choose(nonzero_mask(condition), number, b), wide)
