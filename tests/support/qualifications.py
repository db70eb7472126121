"""Qualifications whose noise and slope are known."""

from __future__ import annotations

import math

from evosearch.scoring.qualification import Qualification
from tests.support.yardsticks import point

STEPS = (25, 50, 100, 200, 400)


def spread(mean: float, deviation: float) -> tuple[float, ...]:
    """Four numbers of that mean and sample standard deviation."""
    return tuple(mean + deviation * math.sqrt(3) / 2 * sign for sign in (1, -1, 1, -1))


def made(
    losses: tuple[float, ...] = (2.0, 1.8, 1.6, 1.4, 1.2),
    noise: float = 0.01,
    companion: tuple[float, ...] | None = None,
) -> Qualification:
    """AdamW loses 0.2 per doubling unless said otherwise."""
    points = [point(n, spread(x, noise)) for n, x in zip(STEPS, losses, strict=False)]
    own = spread(losses[2], noise)
    return Qualification(
        task="synthetic",
        digest="d",
        steps=100,
        points=tuple(points),
        losses=own,
        companion_losses=own if companion is None else companion,
        replica_step_seconds=1e-3,
        machine="none",
    )
