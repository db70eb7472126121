"""Tells whether a task's order of rules foretells their order in longer training.

Each rule is tuned several times over, with other draws and seeds, so that its losses spread as
much as tuning is a matter of luck. Two rules whose means differ by less than `TELLING` standard
errors of the difference are a tie, for many known rules are variants of one another and their order
is noise. The variance of a rule's losses is taken half from its own, half from the median over all
rules, since few tunings say little of it.

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

from proxies.keys import generator

TELLING = 2.0
"""The standard errors by which two rules must differ to be told apart."""
_RESAMPLES = 2000
_CONFIDENCE = 0.95


class Agreement(NamedTuple):
    """Holds a tau-b and its 95% interval, of a bootstrap over rules."""

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
    a, b = (_signs([order[rule] for rule in rules]) for order in (ours, theirs))
    draw = generator("foresight", len(rules))
    resampled = []
    for _ in range(_RESAMPLES):
        some = draw.integers(len(rules), size=len(rules))
        resampled.append(_tau(a[np.ix_(some, some)], b[np.ix_(some, some)]))
    outside = (1 - _CONFIDENCE) / 2
    low, high = np.nanquantile(resampled, (outside, 1 - outside))
    return Agreement(_tau(a, b), float(low), float(high))


def _signs(losses: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Compares each pair of rules: -1, 0 or 1, `[rules, rules]`; diverged rules are the worst."""
    means = np.array([np.mean(own) for own in losses])
    own = np.array([np.var(one, ddof=1) / len(one) for one in losses])
    usual = np.median([np.var(one, ddof=1) for one in losses]) / [len(one) for one in losses]
    squares = (np.nan_to_num(own, posinf=0.0) + usual) / 2
    differences = np.nan_to_num(means, posinf=1e9)[:, None] - np.nan_to_num(means, posinf=1e9)
    errors = np.sqrt(squares[:, None] + squares)
    return np.where(np.abs(differences) > TELLING * errors, np.sign(differences), 0.0)


def _tau(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    root = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / root if root else float("nan")
