"""Tells data whose numbers are not finite from rules that diverge."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from primitives import Kind
from proxies.data_checks import told_not_finite
from proxies.task import Task
from proxies.training.batches import TensorBatch, held_out_batch, initial_weights, training_batch
from proxies.training.engine import Engine, ModelError
from proxies.training.gradients import evaluation, layout


def require_finite_batches(task: Task, seeds: Iterable[int], t: int, engine: Engine) -> None:
    """Refuses a task whose batches of step `t`, at which these seeds' losses were not finite, are
    to blame for that.

    Raises:
        ModelError: that is so; the message names the array.
    """
    for seed in sorted(set(seeds)):
        batch = training_batch(task, seed, t, engine.dtype)
        _require(task, batch, seed, f"the batch of seed {seed} and step {t}", engine)


def require_finite_held_out(task: Task, seed: int, engine: Engine) -> None:
    """Refuses a task whose held-out data are to blame for a loss that is not finite.

    Raises:
        ModelError: that is so; the message names the array.
    """
    _require(task, held_out_batch(task, engine.dtype), seed, "the held-out data", engine)


def _require(task: Task, batch: TensorBatch, seed: int, source: str, engine: Engine) -> None:
    """Raises where a batch holds NaN or infinity and an untrained model has no finite loss on it.

    A model may well know what to do with a gap in its data, and diverge all the same.
    """
    inputs, targets = (part.numpy() for part in batch)
    why = told_not_finite((inputs, targets), source)
    if why is None:
        return
    own = initial_weights(task, seed, engine.dtype).to(engine.device)
    weights = layout(task, engine).zeros(2, Kind.TENSOR, engine.dtype)
    weights[:, : len(own)] = own
    with torch.no_grad():
        loss = evaluation(task, engine)(weights, *(part.to(engine.device) for part in batch))
    if not np.isfinite(loss[0].item()):
        fault = f"its loss is {loss[0].item()}, for {why}; give finite ones"
        raise ModelError(task, fault)
