"""A yardstick of given losses, without a measurement."""

from __future__ import annotations

from collections.abc import Sequence

from evosearch.scoring.yardstick import OWN_SEEDS, Point, Yardstick, baseline, horizons
from proxies import Task

LARGEST_BUDGET = 10**9
"""Of the tuning that it claims, so that no search takes it for too weak."""
FALLING = (2.0, 1.75, 1.5, 1.25, 1.0)


def made_yardstick(
    task: Task,
    losses: Sequence[float] = FALLING,
    rate: float = 1.0,
    budget: int = LARGEST_BUDGET,
) -> Yardstick:
    """AdamW has these losses at the horizons, on every seed; with its defaults those of its own."""
    points = [
        Point(steps, rate, (loss,) * OWN_SEEDS, baseline().defaults)
        for steps, loss in zip(horizons(task), losses, strict=True)
    ]
    return Yardstick(task.name, task.steps, tuple(points), points[2], budget)
