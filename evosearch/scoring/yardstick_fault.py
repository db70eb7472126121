"""Tells whether a yardstick can be compared with: what never trains would make anything fast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evosearch.scoring.yardstick import SEEDS, Yardstick

_CLEAR = 2.0
"""The standard errors by which the loss must fall somewhere; useful tasks have dozens."""


def yardstick_fault(yardstick: Yardstick) -> str | None:
    """Says in a line why no speed-up can be read off a yardstick; None where one can.

    Where tuned AdamW diverges on a seed, whatever does not would be many times as fast; where more
    steps leave its loss as it is, or make it worse, rounding and noise decide. What matters is how
    far it falls: a loss may be of any sign.
    """
    losses = [loss for point in yardstick.points for loss in point.losses]
    lost = sum(not np.isfinite(loss) for loss in losses)
    if lost:
        return (
            f"task '{yardstick.task}': the loss of tuned AdamW is not finite in {lost} of "
            f"{len(losses)} trainings, so that nothing can be compared with it; see that loss and "
            "held-out data are finite, or give the task a smaller rate"
        )
    first, *others = (point.losses[:SEEDS] for point in yardstick.points)
    if not any(_falls(first, later) for later in others):
        shortest, longest = yardstick.points[0], yardstick.points[-1]
        way = "is the same" if all(one == first for one in others) else "does not fall"
        return (
            f"task '{yardstick.task}': the loss of tuned AdamW {way} from {shortest.steps} to "
            f"{longest.steps} steps ({shortest.loss:g}, then {longest.loss:g}), so that no rule "
            "can be told to be faster; see that its held-out loss depends on what is trained"
        )
    return None


def _falls(first: Sequence[float], later: Sequence[float]) -> bool:
    """Tells whether a loss, by seed, has fallen beyond what seeds leave to luck."""
    fall = np.subtract(first, later)
    mean = float(np.mean(fall))
    return mean > 0 and mean > _CLEAR * float(np.std(fall, ddof=1)) / np.sqrt(len(fall))
