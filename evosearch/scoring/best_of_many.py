"""Estimates what the best of many noisy scores is worth, given that it was picked for being best.

The largest of K scores Y ~ N(µ, σ²) lies above its own µ. Given the others it was picked because it
exceeds the second, c, so it is a normal variable cut off below c, and

    P(Y > y | Y > c) = (1 - Φ((y - µ)/σ)) / (1 - Φ((c - µ)/σ))

The µ at which this is 1/2 is too high as often as too low, whatever the truth. Where y is barely
above c it can lie anywhere below, so µ is also held above y - qσ, q the level that no noise of K
passes but with a small chance β; given that, Y is cut off above µ + qσ too (the hybrid inference of
Andrews, Kitagawa and McCloskey, "Inference on winners", Quarterly Journal of Economics, 2024; their
q bounds the noise on both sides, here it does so above, where it is needed). The chance of being
too high is off by at most β/2; as β nears 0 this is the purely conditional estimate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from evosearch.scoring.e_values import check_level, finite

SHARE = 0.1
"""The share of the level that the bound below takes, which the authors advise."""

_TIE = 1e-9
"""A lead in units of the noise, below which z differs from its bound by no more than it."""

_MARGIN = 1e-3
"""How far a bracket is widened, so that rounding leaves the root inside."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """Holds which score was best, the median-unbiased estimate of its truth, and an interval."""

    best: int
    estimate: float
    low: float
    high: float


def correct_best(
    scores: Sequence[float], noise: float, level: float, share: float = SHARE
) -> Corrected:
    """Estimates the truth of the best score, of independent ones with noise of one known spread.

    The interval covers it with a chance of at least 1 - level. `share` of the level is the β of
    the bound below. Noise that all scores have in common, as of the baseline they are paired
    with, picks no winner: it is not part of `noise`, nor allowed for.
    Raises: ValueError when a score is not finite, there is none, the noise is not positive, or the
    level or share is not between 0 and 1.
    """
    check_level(level)
    if not 0 < share < 1:
        raise ValueError(f"expected a share of the level between 0 and 1, got {share}; try {SHARE}")
    if not 0 < noise < math.inf:
        raise ValueError(f"expected a positive noise, got {noise}")
    array = finite(scores)
    best = int(np.argmax(array))
    others = np.delete(array, best)
    lead = (array[best] - others.max()) / noise if len(others) else math.inf
    bound = level * share
    # log1p and expm1, since (1 - β)^(1/K) is 1 to the last bit for many candidates.
    most = -float(ndtri(-np.expm1(np.log1p(-bound) / len(array))))
    tail = (level - bound) / (1 - bound) / 2
    low, estimate, high = (
        array[best] - noise * _excess(p, lead, most) for p in (tail, 0.5, 1 - tail)
    )
    return Corrected(best, float(estimate), float(low), float(high))


def _excess(chance: float, lead: float, most: float) -> float:
    """Finds z = (y - µ)/σ at which a score of y or more has this chance, given the cut.

    The chance falls as z grows, to 0 at `most`.
    """
    if lead < _TIE:
        return most

    def surplus(z: float) -> float:
        return _chance(z, lead, most) - chance

    # Without the cut below, the chance is smaller at every z.
    least = float(ndtri((1 - chance) * ndtr(most)))
    from scipy.optimize import brentq  # slow to load, and needed by few commands

    return float(brentq(surplus, least - _MARGIN, most))


def _chance(z: float, lead: float, most: float) -> float:
    """Gives (Φ(most) - Φ(z)) / (Φ(most) - Φ(z - lead)), exact far out in the tails."""
    if z >= most:
        return 0.0
    beyond, own, second = (float(log_ndtr(-at)) for at in (most, z, z - lead))
    return math.exp(own - second) * math.expm1(beyond - own) / math.expm1(beyond - second)
