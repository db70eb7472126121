"""Tells how well one score foretells the order of another, where only some have the second.

Who passes a stage of a funnel is not a fair sample: those below its threshold are missing, and
among the rest the two scores agree less than among all. So some go on by lot, whatever their score,
and each of them stands for as many as one of whom was drawn (inverse probability weighting, Horvitz
and Thompson, Journal of the American Statistical Association, 1952). The coefficient is Spearman's,
of ranks among the weighted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def rank_correlation(
    ours: Sequence[float], theirs: Sequence[float], weights: Sequence[float]
) -> float:
    """Gives Spearman's coefficient of two scores, `[k]` each, of which the k-th counts so often.

    A weight of 3 is the same as three equal pairs. It is NaN where one of the scores tells no two
    apart.

    >>> rank_correlation([1.0, 2.0, 3.0], [1.0, 4.0, 9.0], [1.0, 1.0, 5.0])
    1.0
    """
    weight = np.asarray(weights, dtype=float)
    a, b = (_ranks(np.asarray(one, dtype=float), weight) for one in (ours, theirs))
    a, b = (one - np.average(one, weights=weight) for one in (a, b))
    root = float(np.sqrt((weight * a**2).sum() * (weight * b**2).sum()))
    return round(float((weight * a * b).sum()) / root, 12) if root else float("nan")


def effective_number(weights: Sequence[float]) -> float:
    """Counts the equally weighted pairs that would tell as much (Kish, Survey Sampling, 1965).

    >>> effective_number([1.0, 1.0, 1.0]), effective_number([])
    (3.0, 0.0)
    """
    weight = np.asarray(weights, dtype=float)
    return float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0


def _ranks(values: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gives each value the weight below it and half of that of its equals."""
    _, place = np.unique(values, return_inverse=True)
    equal = np.bincount(place, weights=weight)
    return (np.cumsum(equal) - equal / 2)[place]
