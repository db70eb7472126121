"""Checks whether an object that a user adds is a task that can be trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from primitives import Kind
from proxies.keys import generator
from proxies.task import Batch, Task, fresh_model
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
        _fault_in_data,
        _fault_in_model,
        _fault_in_batching,
    )
    for check in checks:
        if fault := check(task):
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


def _fault_in_data(task: Task) -> str | None:
    try:
        data = task.data()
        batch = data.sample(_draw(task, 0), task.batch_size)
        again = task.data().sample(_draw(task, 0), task.batch_size)
        other = data.sample(_draw(task, 1), task.batch_size)
        held_out = data.held_out()
    except Exception as error:  # whatever the user's code may raise
        return f"its data fail: {_told(error)}"
    for name, given in (("sample", batch), ("held_out", held_out)):
        if (
            not isinstance(given, tuple)
            or len(given) != 2
            or not all(isinstance(part, np.ndarray) and part.ndim for part in given)
        ):
            return f"data: {name} must return two numpy arrays, inputs and targets"
        if len(given[0]) != len(given[1]) or not len(given[0]):
            return f"data: {name} returned {len(given[0])} inputs and {len(given[1])} targets"
    if len(batch[0]) != task.batch_size:
        return f"data: sample was asked for {task.batch_size} examples and gave {len(batch[0])}"
    for part, kept, what in zip(batch, held_out, ("inputs", "targets"), strict=True):
        if part.shape[1:] != kept.shape[1:]:
            return (
                f"data: {what} are of shape {list(part.shape[1:])} in sample, "
                f"{list(kept.shape[1:])} in held_out"
            )
    if not _equal(batch, again):
        return "data: sample must depend on the generator it is given alone, and gave two results"
    if _equal(batch, other):
        return "data: sample gave the same batch for two generators; draw from the one given"
    return None


def _fault_in_model(task: Task) -> str | None:
    try:
        model = fresh_model(task, 0)
    except Exception as error:
        return f"its model fails: {_told(error)}"
    if not isinstance(model, nn.Module):
        return f"model must build a torch.nn.Module, got {type(model).__name__}"
    if not any(True for _ in model.parameters()):
        return "its model has no parameters to train"
    inputs, targets = _tensors(task)
    try:
        output = model(inputs)
    except Exception as error:
        return f"its model fails on inputs of shape {list(inputs.shape)}: {_told(error)}"
    try:
        loss = task.loss(output, targets)
    except Exception as error:
        return f"its loss fails: {_told(error)}"
    if not isinstance(loss, Tensor) or loss.shape != ():
        got = f"shape {list(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        return f"its loss must be a scalar tensor, the mean over the batch, got {got}"
    if not torch.isfinite(loss):
        return f"its loss on the first batch is {loss.item()}"
    try:
        parameters = dict(model.named_parameters())
        gradients = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    except Exception as error:
        return f"its loss cannot be differentiated: {_told(error)}"
    for name, gradient in zip(parameters, gradients, strict=True):
        if gradient is None:
            return f"the loss does not depend on parameter '{name}'; freeze it as a buffer"
    if not any(torch.any(gradient != 0) for gradient in gradients):
        return f"its loss, {loss.item():g}, has no gradient but zero, so no rule can train it"
    return None


def _fault_in_batching(task: Task) -> str | None:
    """Compares replicas that are stacked, as the trainer does it, with each of them alone."""
    models = [fresh_model(task, seed) for seed in (0, 1)]
    inputs, targets = _tensors(task)
    stacked = {
        name: torch.stack([dict(model.named_parameters())[name].detach() for model in models])
        for name, _ in models[0].named_parameters()
    }
    try:
        train(task, [Replica(_DESCENT, 0.0, seed) for seed in (0, 1)], 1)
        together = vmap(
            lambda parameters: task.loss(functional_call(models[0], parameters, (inputs,)), targets)
        )(stacked)
    except ModelError as error:
        return error.fault
    except Exception as error:
        return f"torch.func.vmap does not take its model and loss: {_told(error)}"
    with torch.no_grad():
        alone = torch.stack([task.loss(model(inputs), targets) for model in models])
    if not torch.allclose(together, alone, rtol=1e-3, atol=1e-6):
        return (
            "its model or loss gives another value when replicas are stacked by torch.func.vmap "
            f"({together[1].item():.6g} for {alone[1].item():.6g}); keep all state in parameters"
        )
    return None


def _draw(task: Task, number: int) -> np.random.Generator:
    return generator("contract", task.name, number)


def _tensors(task: Task) -> tuple[Tensor, Tensor]:
    inputs, targets = task.data().sample(_draw(task, 0), task.batch_size)
    return torch.from_numpy(inputs), torch.from_numpy(targets)


def _equal(first: Batch, second: Batch) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def _told(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
