"""Yardsticks whose curve is known, so that nothing is trained for them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evosearch.scoring.yardstick import HORIZONS, Point, Yardstick, baseline


def point(steps: int, losses: Sequence[float]) -> Point:
    """AdamW's losses at its default constants."""
    return Point(steps, 0.01, tuple(losses), baseline().defaults)


def curve(
    losses: Sequence[float],
    task: str = "synthetic",
    steps: int = 100,
    seeds: int = 2,
    budget: int = 1,
) -> Yardstick:
    """The yardstick of a task on which AdamW has these losses at the horizons, on every seed."""
    points = tuple(
        point(round(factor * steps), [loss] * seeds)
        for factor, loss in zip(HORIZONS, losses, strict=True)
    )
    return Yardstick(task, steps, points, points[HORIZONS.index(1.0)], budget)


def straight(
    top: float, slope: float, task: str = "synthetic", steps: int = 100, seeds: int = 4
) -> Yardstick:
    """One on which AdamW loses `top` at the task's own steps, and `slope` less per doubling."""
    losses = [top - slope * math.log2(factor) for factor in HORIZONS]
    return curve(losses, task, steps, seeds)
