"""Division that gives 0 where the divisor is 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from primitives.masks import keep, nonzero_mask


def over(numerator: Any, denominator: Any) -> Any:
    """In numpy."""
    return np.where(denominator == 0, 0.0, numerator / denominator)


def over_torch(numerator: Any, denominator: Any, *, out: Any = None) -> Any:
    """In torch."""
    defined = nonzero_mask(denominator)  # before `out` overwrites it
    return keep(torch.div(numerator, denominator, out=out), defined)
