"""Records what a rule meets in training: the weights and gradients of every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proxies.task import Task, rate_factors
from proxies.training.engine import PLAIN, Engine
from proxies.training.gradients import layout
from proxies.training.trainer import Cohort, Replica


@dataclass(frozen=True)
class Recording:
    """Holds weights and gradients `[S, D]` and learning rates `[S]` before each of S updates."""

    shapes: Sequence[tuple[int, int]]
    """The rows and columns of each parameter tensor's matrix view, in the tensors' order."""
    weights: NDArray[np.float64]
    gradients: NDArray[np.float64]
    rates: NDArray[np.float64]


def record(task: Task, replica: Replica, steps: int, engine: Engine = PLAIN) -> Recording:
    """Trains a replica for `steps` steps and records them, as far as all is finite."""
    segments = layout(task, engine)
    cohort = Cohort(task, [replica], steps, engine)
    weights, gradients = np.zeros((2, steps, segments.total))
    for t in range(steps):
        cohort.compute_gradients(t + 1)
        weights[t] = cohort.weights[0].double().cpu().numpy()
        gradients[t] = cohort.gradients[0].double().cpu().numpy()
        cohort.update(t + 1)
    finite = np.isfinite(weights).all(axis=1) & np.isfinite(gradients).all(axis=1)
    count = steps if finite.all() else int(np.argmin(finite))
    rates = replica.rate * rate_factors(steps, task.warmup)
    return Recording(segments.layout.views, weights[:count], gradients[:count], rates[:count])
