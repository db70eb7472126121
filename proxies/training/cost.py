"""Measures what a task costs: parameters, arithmetic, time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from time import perf_counter

import torch
from torch.utils.flop_counter import FlopCounterMode

from proxies.dropout import Dropping
from proxies.keys import generator
from proxies.task import Task, fresh_model, tensors
from proxies.training.engine import PLAIN, Engine
from proxies.training.gradients import gradients
from proxies.training.trainer import Replica, train
from proxies.updates.plan import Plan

_ROUNDS = 5
_UNTIMED_STEPS = 1
_SEEDS = 2


def parameter_count(task: Task) -> int:
    """Counts the numbers that a task trains.

    >>> from proxies import TASKS
    >>> parameter_count(TASKS["logistic"])  # 8 classes from 32 features, and as many biases
    264
    """
    return sum(parameter.numel() for parameter in task.model().parameters())


def flops_per_step(task: Task) -> int:
    """Counts the floating-point operations of one replica's forward and backward pass over a batch.

    Matrix products and convolutions are counted, two operations per multiplication and addition;
    what is elementwise, and the update rule, come on top.
    """
    model = fresh_model(task, 0)
    draw = generator("cost", task.name)
    inputs, targets = tensors(task.data().sample(draw, task.batch_size), torch.float32)
    with FlopCounterMode(display=False) as counter, Dropping(None):
        torch.autograd.grad(
            task.loss(model(inputs), targets), list(model.parameters()), allow_unused=True
        )
    return int(counter.get_total_flops())


def replica_step_seconds(
    task: Task,
    plan: Plan,
    constants: tuple[float, ...],
    replicas: int,
    steps: int,
    engine: Engine = PLAIN,
) -> float:
    """Measures the time of one replica's step in seconds, the drawing of batches included.

    A training of `steps` more steps is compared with one of fewer, each the fastest of some rounds,
    since other work on the machine only adds time. The replicas share two seeds, as the candidates
    of a search do; each training has new seeds, for batches are kept.
    """
    seeds = count(1_000_000)
    gradients(task, engine)  # not timed: compiles
    short, long = (
        min(
            _seconds(task, plan, constants, replicas, length, seeds, engine) for _ in range(_ROUNDS)
        )
        for length in (_UNTIMED_STEPS, _UNTIMED_STEPS + steps)
    )
    return max(long - short, 1e-9) / steps / replicas


def _seconds(
    task: Task,
    plan: Plan,
    constants: tuple[float, ...],
    replicas: int,
    steps: int,
    seeds: Iterator[int],
    engine: Engine,
) -> float:
    drawn = [next(seeds) for _ in range(_SEEDS)]
    cohort = [
        Replica(plan, task.rate, drawn[number % _SEEDS], constants=constants)
        for number in range(replicas)
    ]
    started = perf_counter()
    train(task, cohort, steps, engine)
    return perf_counter() - started
