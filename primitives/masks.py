"""Chooses between elements by their bits.

On a processor torch's own `where` and `masked_fill_` look at one element at a time, which takes far
longer than arithmetic. Masks take a few passes of integer arithmetic, and are as exact: infinities
and NaN are elements like others.
"""

from __future__ import annotations

import torch
from torch import Tensor

_INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}


def nonzero_mask(x: Tensor) -> Tensor:
    """Makes integers as wide as the elements of `x`: all bits set where it is not 0, else none."""
    mask = torch.empty_like(x, dtype=_INTEGERS[x.itemsize])
    return torch.ne(x, 0, out=mask).neg_()


def keep(x: Tensor, mask: Tensor) -> Tensor:
    """Sets `x` to 0 where the mask has no bits; the mask's shape broadcasts to that of `x`."""
    x.view(mask.dtype).bitwise_and_(mask)
    return x


def choose(mask: Tensor, a: Tensor, b: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Takes `a` where the mask has its bits, else `b`; `out` may be one of them."""
    first, second = a.view(mask.dtype), b.view(mask.dtype)
    differing = torch.bitwise_xor(first, second)
    if out is None:
        return torch.bitwise_and(differing, mask).bitwise_xor(second).view(a.dtype)
    torch.bitwise_xor(torch.bitwise_and(differing, mask), second, out=out.view(mask.dtype))
    return out
