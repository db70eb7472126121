"""Measures how long a task's steps take, by which a worker that hangs is told from a busy one."""

from __future__ import annotations

from evosearch.scoring.yardstick import baseline
from proxies import Engine, Task
from proxies.training.cost import rough_step_seconds

_REPLICAS, _STEPS = 4, 2


def step_seconds(task: Task, device: str) -> float:
    """Trains a few steps of a task by AdamW; gives the seconds that a replica's step takes.

    The model is not compiled for it: that takes longer than a few steps, and makes them faster.

    Raises:
        ModelError: the task's model cannot be trained.
    """
    family = baseline()
    contender = family.contender(family.defaults)
    assert contender is not None, "AdamW trains"
    return rough_step_seconds(
        *(task, contender.plan, contender.constants),
        *(_REPLICAS, _STEPS, Engine(device=device)),
    )
