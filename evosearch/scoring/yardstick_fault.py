"""Tells whether a yardstick can be compared with: what never trains would make anything fast."""

from __future__ import annotations

import numpy as np

from evosearch.scoring.yardstick import SEEDS, Yardstick


def yardstick_fault(yardstick: Yardstick) -> str | None:
    """Says in a line why no speed-up can be read off a yardstick; None where one can.

    Where tuned AdamW diverges on a seed, whatever does not would be many times as fast; where its
    loss is the same after any number of steps, rounding decides.
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
    if all(one == first for one in others):
        fewest, most = yardstick.points[0].steps, yardstick.points[-1].steps
        return (
            f"task '{yardstick.task}': the loss of AdamW is the same after {fewest} and after "
            f"{most} steps, {first[0]:g}, so that no rule can be faster; see that its loss depends "
            "on what is trained"
        )
    return None
