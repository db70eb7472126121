"""Tells whether rules that contain others as special cases score no worse, once tuned.

Where one does, the tuner is too weak for the task: at some of its constants the larger rule is the
smaller one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from evosearch.scoring.tuning_noise import squared_errors

CONTAINED = (
    ("mars_adamw", "adam"),
    ("ademamix", "adam"),
    ("adam", "rmsprop"),
    ("momentum", "sgd"),
    ("nesterov", "sgd"),
)
"""Pairs of known rules, the second of which is the first at some of its constants.

Two are so but for details: MARS clips gradients whose norm in a tensor exceeds 1, and Adam corrects
the bias of its averages.
"""
_NOISE = 2.0


class Inclusion(NamedTuple):
    """Compares a rule with one that it contains."""

    rule: str
    contained: str
    excess: float
    """The mean loss of the rule, less that of the contained one."""
    noise: float
    """Two standard errors of that difference."""

    @property
    def holds(self) -> bool:
        """Tells whether the rule is no worse, beyond noise."""
        return self.excess <= self.noise


def inclusions(losses: Mapping[str, Sequence[float]]) -> list[Inclusion]:
    """Compares the pairs of which both were measured; `losses` are a rule's by tuning.

    A rule that diverged in a tuning has an infinite mean; where both did, they are not compared.

    >>> inclusions({"momentum": [1.0, 1.1], "sgd": [1.5, 1.6]})[0].holds
    True
    """
    squares = squared_errors(losses)
    means = {
        rule: float(np.mean(own)) if np.isfinite(own).all() else np.inf
        for rule, own in losses.items()
    }
    return [
        Inclusion(
            rule,
            contained,
            excess=means[rule] - means[contained],
            noise=_NOISE * float(np.sqrt(squares[rule] + squares[contained])),
        )
        for rule, contained in CONTAINED
        if rule in means and contained in means and np.isfinite(min(means[rule], means[contained]))
    ]
