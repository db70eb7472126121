"""Tells how much of a tuned rule's loss is a matter of luck: of draws, races and seeds.

Each rule is tuned several times over, with other draws and seeds, so that its losses spread as much
as tuning does. Few tunings say little of one rule's variance, and two of them now and then agree by
chance; so it is taken half from the rule's own losses, half from the median over all rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def squared_errors(losses: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Gives the square of the standard error of each rule's mean loss.

    `losses` are those of a rule's tunings, at least two. A rule that diverged in any has no error:
    it is worse than all that did not, whatever their noise.

    >>> squared_errors({"momentum": [1.0, 3.0], "sgd": [4.0, 4.0]})
    {'momentum': 0.75, 'sgd': 0.25}
    """
    variances = {
        rule: float(np.var(own, ddof=1)) for rule, own in losses.items() if np.isfinite(own).all()
    }
    usual = float(np.median(list(variances.values()))) if variances else 0.0
    return {
        rule: (variances[rule] + usual) / 2 / len(own) if rule in variances else 0.0
        for rule, own in losses.items()
    }
