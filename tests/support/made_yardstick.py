"""A yardstick whose losses fall by so much from one horizon to the next, without a measurement."""

from __future__ import annotations

from evosearch.scoring.yardstick import OWN_SEEDS, Point, Yardstick, baseline, horizons
from proxies import Task

LARGEST_BUDGET = 10**9
"""Of the tuning that it claims, so that no search finds it too small."""


def made_yardstick(
    task: Task, first: float = 2.0, fall: float = 0.25, budget: int = LARGEST_BUDGET
) -> Yardstick:
    """AdamW loses `first` at the first horizon and `fall` less at each further one."""
    points = tuple(
        Point(steps, 1.0, (first - fall * n,) * OWN_SEEDS, baseline().defaults)
        for n, steps in enumerate(horizons(task))
    )
    default = Point(task.steps, 1.0, (first - fall * 1.5,) * OWN_SEEDS, baseline().defaults)
    return Yardstick(task.name, task.steps, points, default, budget)
