"""Tells whether a task's order of rules foretells their order in longer training.

Each rule is tuned several times over. Two rules whose means differ by less than `TELLING` standard
errors of the difference (`evosearch.scoring.tuning_noise`) are a tie, for many known rules are
variants of one another and their order is noise.

The agreement of two orders is Kendall's tau-b, in its general form for paired comparisons (Kendall,
Rank Correlation Methods, 1948): the sum of the products of both signs of each pair, over the root
of the product of their sums of squares. It is 1 where the orders agree, ties included, and 0 where
one tells nothing of the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evosearch.scoring.tuning_noise import squared_errors
from proxies.keys import generator

TELLING = 2.0
"""The standard errors by which two rules must differ to be told apart."""
_RESAMPLES = 2000
_CONFIDENCE = 0.95


class Agreement(NamedTuple):
    """Holds a tau-b and its 95% interval, of a bootstrap over rules.

    All are NaN where one of the orders tells no pair of rules apart.
    """

    tau: float
    low: float
    high: float


def agreement(
    ours: Mapping[str, Sequence[float]], theirs: Mapping[str, Sequence[float]]
) -> Agreement:
    """Compares two orders of the rules that both know; each maps a rule to its losses.

    The losses of a rule are those of its tunings, at least two.

    >>> flat = {"a": [1.0, 1.1], "b": [2.0, 2.1], "c": [3.0, 3.1]}
    >>> agreement(flat, flat).tau
    1.0
    """
    rules = [rule for rule in ours if rule in theirs]
    if len(rules) < 2:
        return Agreement(np.nan, np.nan, np.nan)
    a, b = (_signs({rule: order[rule] for rule in rules}) for order in (ours, theirs))
    draw = generator("foresight", len(rules))
    resampled = []
    for _ in range(_RESAMPLES):
        some = draw.integers(len(rules), size=len(rules))
        resampled.append(_tau(a[np.ix_(some, some)], b[np.ix_(some, some)]))
    told = [tau for tau in resampled if not np.isnan(tau)] or [np.nan]
    outside = (1 - _CONFIDENCE) / 2
    low, high = np.quantile(told, (outside, 1 - outside))
    return Agreement(_tau(a, b), float(low), float(high))


def _signs(losses: Mapping[str, Sequence[float]]) -> NDArray[np.float64]:
    """Compares each pair of rules: -1, 0 or 1, `[rules, rules]`.

    A rule that diverged in any tuning is worse than all that did not.
    """
    diverged = np.array([not np.isfinite(own).all() for own in losses.values()])
    means = np.array(
        [0.0 if bad else np.mean(own) for own, bad in zip(losses.values(), diverged, strict=True)]
    )
    squares = np.array(list(squared_errors(losses).values()))
    errors = np.sqrt(squares[:, None] + squares)
    differences = means[:, None] - means
    signs = np.where(np.abs(differences) > TELLING * errors, np.sign(differences), 0.0)
    worse = diverged[:, None].astype(float) - diverged[None, :]
    return np.where(diverged[:, None] | diverged[None, :], worse, signs)


def _tau(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Computes tau-b from two tables of signs; NaN where one of them tells no pair apart."""
    root = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / root if root else float("nan")
