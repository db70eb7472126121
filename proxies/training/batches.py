"""Makes what a replica starts from and is trained on.

All are functions of task, seed and step alone.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from proxies.keys import generator
from proxies.task import Task, fresh_model, tensors
from proxies.training.blame import blamed

TensorBatch = tuple[Tensor, Tensor]
"""Inputs and targets; the first axis is the example."""


def initial_weights(task: Task, seed: int, dtype: torch.dtype) -> Tensor:
    """Gives the weights of a replica before step 1, by the model's own initialisation, `[D]`.

    Raises:
        ModelError: the model's code raises something.
    """
    with blamed(task, "its model"):
        parts = [p.detach().flatten() for p in fresh_model(task, seed).parameters()]
    return torch.cat(parts).to(dtype)


@lru_cache(maxsize=2048)
def training_batch(task: Task, seed: int, t: int, dtype: torch.dtype) -> TensorBatch:
    """Draws the batch of step `t` = 1, 2, …, and keeps it for the other replicas of the seed.

    Raises:
        ModelError: the code of the data raises something.
    """
    draw = generator("batch", task.name, seed, t)
    with blamed(task, "its data"):
        return tensors(task.data().sample(draw, task.batch_size), dtype)


@lru_cache(maxsize=16)
def held_out_batch(task: Task, dtype: torch.dtype) -> TensorBatch:
    """Gives the examples on which the final loss is measured.

    Raises:
        ModelError: the code of the data raises something.
    """
    with blamed(task, "its data"):
        return tensors(task.data().held_out(), dtype)
