"""Puts an interval around what a change does to a rule's speed.

The difference is that of the logarithms of two speed-ups, trial by trial. A few trials say little
of their own spread, so the variance is taken half from them, half from all changes that were tried:
the median of theirs, since some spread far more than others, made unbiased for normal noise. The
degrees of freedom of such a mean are Satterthwaite's (Biometrics Bulletin, 1946).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, stdtrit

from evosearch.ablation.trials import Trial

_CONFIDENCE = 0.95
_OF_A_MEDIAN = 2 / np.pi
"""The share of the information that a median keeps, of many normal numbers."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Says how many times as fast a variant is as another, with a 95% interval."""

    speed: float
    low: float
    high: float
    trials: int
    given_up: bool = False
    """Whether it was so slow that it was not tuned to the end; then it may be slower than said."""

    @property
    def worse(self) -> bool:
        """Tells whether the variant is slower beyond the interval."""
        return self.high < 1


@dataclass(frozen=True, slots=True)
class Noise:
    """Holds the usual variance of a difference between trials, and how well it is known."""

    variance: float
    freedom: float
    """The degrees of freedom; 0 where nothing is known."""


def by_trial(ours: Sequence[Trial], theirs: Sequence[Trial]) -> list[float]:
    """Gives the mean difference of the logarithms over the tasks that both were tuned on."""
    return [
        float(np.mean([a.logs[task] - b.logs[task] for task in a.logs if task in b.logs]))
        for a, b in zip(ours, theirs, strict=False)
    ]


def usual_noise(differences: Sequence[Sequence[float]]) -> Noise:
    """Estimates the variance that a change usually has from series of at least two trials each."""
    series = [own for own in differences if len(own) > 1]
    if not series:
        return Noise(0.0, 0.0)
    freedoms = np.array([len(own) - 1.0 for own in series])
    # The median of a sample variance lies below the variance itself.
    unbiased = np.array([np.var(own, ddof=1) for own in series]) * freedoms / chdtri(freedoms, 0.5)
    return Noise(float(np.median(unbiased)), _OF_A_MEDIAN * float(freedoms.sum()))


def difference(own: Sequence[float], noise: Noise, given_up: bool = False) -> Difference:
    """Makes the difference of a series of at least one trial.

    Nothing is known of the spread of a single trial without noise; the interval is then endless.
    """
    parts = [(noise.variance, noise.freedom)] if noise.freedom else []
    if len(own) > 1:
        parts.append((float(np.var(own, ddof=1)), len(own) - 1.0))
    middle = float(np.mean(own))
    reach = np.inf
    if parts:
        shares = [(variance / len(parts), freedom) for variance, freedom in parts]
        variance = sum(share for share, _ in shares)
        reach = 0.0
        if variance > 0:
            freedom = variance**2 / sum(share**2 / freedom for share, freedom in shares)
            reach = float(stdtrit(freedom, (1 + _CONFIDENCE) / 2)) * np.sqrt(variance / len(own))
    return Difference(
        2.0**middle, 2.0 ** (middle - reach), 2.0 ** (middle + reach), len(own), given_up
    )
