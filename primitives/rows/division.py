"""Division that gives 0 where the divisor is 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


def over(numerator: Any, denominator: Any) -> Any:
    """In numpy."""
    return np.where(denominator == 0, 0.0, numerator / denominator)


def over_torch(numerator: Any, denominator: Any) -> Any:
    """In torch."""
    return torch.where(denominator == 0, 0.0, numerator / denominator)
