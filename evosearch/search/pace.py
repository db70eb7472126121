"""Measures how long a task's steps take, by which a worker that hangs is told from a busy one."""

from __future__ import annotations

from time import perf_counter

from evosearch.scoring.yardstick import baseline
from proxies import Engine, Replica, Task
from proxies.training.trainer import Cohort

_REPLICAS, _STEPS = 4, 2
_SHORTEST = 0.25
"""The length of a short training in the task's own; an evaluation comes with it all the same."""


def step_seconds(task: Task, device: str) -> float:
    """Trains a few steps of a task by AdamW; gives the seconds that a replica's step takes.

    A step has its share of the evaluation at the end. Other work on the machine makes the time
    longer and nothing makes it shorter, as deadlines want it. The model is not compiled for it:
    that takes longer than a few steps, and makes them faster.

    Raises:
        ModelError: the task's model cannot be trained.
    """
    family = baseline()
    contender = family.contender(family.defaults)
    assert contender is not None, "AdamW trains"
    replicas = [
        Replica(contender.plan, task.rate, seed, constants=contender.constants)
        for seed in range(_REPLICAS)
    ]
    cohort = Cohort(task, replicas, 1 + _STEPS, Engine(device=device))
    cohort.step(1)  # not timed: it sets things up
    started = perf_counter()
    for t in range(2, 2 + _STEPS):
        cohort.step(t)
    between = perf_counter()
    cohort.held_out_losses()
    evaluating = perf_counter() - between
    return ((between - started) / _STEPS + evaluating / (_SHORTEST * task.steps)) / _REPLICAS
