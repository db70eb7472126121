"""Checks whether an object that a user adds is a task that can be trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from primitives import Kind
from proxies.data_checks import fault_in_data, told, told_not_finite
from proxies.dropout import Dropping
from proxies.keys import generator
from proxies.task import Task, fresh_model, tensors
from proxies.training.batches import TensorBatch, held_out_batch
from proxies.training.engine import ModelError
from proxies.training.trainer import Replica, train
from proxies.updates.plan import Plan, Register

_DESCENT = Plan((Register("input", kind=Kind.TENSOR, label="g"),), 0, ())
"""Gradient descent as a plan, with which tasks are tried."""


def first_fault(task: Any) -> str | None:
    """Says in a line what keeps an object from being trained as a task; None where nothing does."""
    if not isinstance(task, Task):
        return f"expected a Task, got {type(task).__name__}"
    checks: tuple[Callable[[Task], str | None], ...] = (
        _fault_in_settings,
        fault_in_data,
        _fault_in_model,
        _fault_in_batching,
    )
    for check in checks:
        try:
            fault = check(task)
        except ModelError as error:
            fault = error.fault
        if fault:
            return fault
    return None


def _fault_in_settings(task: Task) -> str | None:
    for field in ("name", "summary"):
        if not isinstance(getattr(task, field), str) or not getattr(task, field):
            return f"{field} must be a text, got {getattr(task, field)!r}"
    if not task.name.isidentifier():
        return f"name must consist of letters, digits and '_', got {task.name!r}"
    for field in ("model", "data", "loss"):
        if not callable(getattr(task, field)):
            return f"{field} must be a function or a class, got {getattr(task, field)!r}"
    for field in ("steps", "batch_size"):
        value = getattr(task, field)
        if not isinstance(value, int) or value < 1:
            return f"{field} must be a whole number from 1, got {value!r}"
    for field, low, high in (
        ("rate", 1e-12, 1e6),
        ("warmup", 0.0, 1.0),
        ("weight_decay", 0.0, 1e6),
    ):
        value = getattr(task, field)
        if not isinstance(value, int | float) or not low <= value <= high:
            return f"{field} must be a number from {low:g} to {high:g}, got {value!r}"
    return None


def _fault_in_model(task: Task) -> str | None:
    try:
        model = fresh_model(task, 0)
    except Exception as error:
        return f"its model fails: {told(error)}"
    if not isinstance(model, nn.Module):
        return f"model must build a torch.nn.Module, got {type(model).__name__}"
    if not any(True for _ in model.parameters()):
        return "its model has no parameters to train"
    if any(nn.parameter.is_lazy(parameter) for parameter in model.parameters()):
        return "its model has lazy modules, whose parameters have no shape yet; give their sizes"
    again = dict(fresh_model(task, 0).named_parameters())
    for name, parameter in model.named_parameters():
        if name not in again or not torch.equal(parameter, again[name]):
            return (
                f"model gave two initial values of parameter '{name}' for one seed of torch; draw "
                "them by torch, from no generator of their own"
            )
    first = task.data().sample(generator("contract", task.name, 0), task.batch_size)
    loss = _loss(task, model, tensors(first, torch.float32), "the first batch")
    if isinstance(loss, str):
        return loss
    try:
        parameters = dict(model.named_parameters())
        gradients = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    except Exception as error:
        return f"its loss cannot be differentiated: {told(error)}"
    for name, gradient in zip(parameters, gradients, strict=True):
        if gradient is None:
            return f"the loss does not depend on parameter '{name}'; freeze it as a buffer"
    if not any(torch.any(gradient != 0) for gradient in gradients):
        return f"its loss, {loss.item():g}, has no gradient but zero, so no rule can train it"
    with torch.no_grad():
        kept = held_out_batch(task, torch.float32)
        held_out = _loss(task, model, kept, "the held-out data")
    return held_out if isinstance(held_out, str) else None


def _loss(task: Task, model: nn.Module, batch: TensorBatch, source: str) -> Tensor | str:
    """Computes the loss on a batch, which messages call `source`; or says in a line why not."""
    inputs, targets = (part.clone() for part in batch)
    try:
        with Dropping(None):
            output = model(inputs)
    except Exception as error:
        return f"its model fails on inputs of shape {list(inputs.shape)}: {told(error)}"
    try:
        loss = task.loss(output, targets)
    except Exception as error:
        return f"its loss fails: {told(error)}"
    if not isinstance(loss, Tensor) or loss.shape != ():
        got = f"shape {list(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        return f"its loss must be a scalar tensor, the mean over the batch, got {got}"
    if not all(_same(*pair) for pair in zip(batch, (inputs, targets), strict=True)):
        return "its model or loss changes its inputs or targets in place; let it make new tensors"
    if not torch.isfinite(loss):
        why = told_not_finite((inputs.numpy(), targets.numpy()), source)
        return f"its loss on {source} is {loss.item()}" + (f"; {why}" if why else "")
    return loss


def _same(first: Tensor, second: Tensor) -> bool:
    """Tells whether two tensors have the same bits, NaN among them."""
    return first.numpy().tobytes() == second.numpy().tobytes()


def _fault_in_batching(task: Task) -> str | None:
    """Compares replicas that are stacked, as the trainer does it, with each of them alone."""
    models = [fresh_model(task, seed) for seed in (0, 1)]
    inputs, targets = held_out_batch(task, torch.float32)
    # At a rate of zero it ends at the weights with which it begins.
    together = train(task, [Replica(_DESCENT, 0.0, seed) for seed in (0, 1)], 1)
    with torch.no_grad(), Dropping(None):
        alone = np.array([task.loss(model(inputs), targets).item() for model in models])
    if not np.allclose(together, alone, rtol=1e-3, atol=1e-6):
        return (
            "its model or loss gives another value when replicas are stacked by torch.func.vmap "
            f"({together[1]:.6g} for {alone[1]:.6g}); keep all state in parameters"
        )
    return None
