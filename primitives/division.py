"""Defines division that gives 0 where the divisor is 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from primitives.masks import keep, nonzero_mask


def over(numerator: Any, denominator: Any) -> Any:
    """Divides numpy's arrays; the quotient is 0 where the denominator is 0."""
    quotient = numerator / denominator
    if np.all(denominator):  # mostly; then there is nothing to choose
        return quotient
    return np.where(denominator == 0, 0.0, quotient)


def over_torch(numerator: Any, denominator: Any, *, out: Any = None) -> Any:
    """Divides torch's tensors; the quotient is 0 where the denominator is 0.

    `out` may be one of the arguments.

    >>> over_torch(torch.tensor([1.0, 0.0, 3.0]), torch.tensor([2.0, 0.0, 0.0]))
    tensor([0.5000, 0.0000, 0.0000])
    """
    defined = nonzero_mask(denominator)  # before `out` overwrites it
    return keep(torch.div(numerator, denominator, out=out), defined)
