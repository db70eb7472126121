"""Checks whether the data of a user's task are what a training can be repeated with."""

from __future__ import annotations

import numpy as np
import torch

from proxies.keys import generator
from proxies.task import Batch, Task, tensors

PARTS = ("inputs", "targets")
"""What the arrays of a batch are called."""


def fault_in_data(task: Task) -> str | None:
    """Says in a line what keeps a task's data from being used; None where nothing does."""
    try:
        batch, other, again = (_sample(task, number) for number in (0, 1, 0))
        held_out, held_out_again = (_copied(task.data().held_out()) for _ in range(2))
    except Exception as error:  # whatever the user's code may raise
        return f"its data fail: {told(error)}"
    for name, given in (("sample", batch), ("held_out", held_out)):
        if fault := _fault_in_form(name, given):
            return fault
    if len(batch[0]) != task.batch_size:
        return f"data: sample was asked for {task.batch_size} examples and gave {len(batch[0])}"
    for part, kept, what in zip(batch, held_out, PARTS, strict=True):
        if part.shape[1:] != kept.shape[1:]:
            return (
                f"data: {what} are of shape {list(part.shape[1:])} in sample, "
                f"{list(kept.shape[1:])} in held_out"
            )
    if not _equal(batch, again):
        return "data: sample must depend on the generator it is given alone, and gave two results"
    if _equal(batch, other):
        return "data: sample gave the same batch for two generators; draw from the one given"
    if not _equal(held_out, held_out_again):
        return (
            "data: held_out must give the same examples at each call, or losses cannot be "
            "compared, and gave two results; draw them from np.random.default_rng(0), say"
        )
    return None


def told_not_finite(batch: Batch, source: str) -> str | None:
    """Names the array of a batch that holds NaN or infinity, and how many; None where none does.

    `source` is what the batch is called.
    """
    for array, what in zip(batch, PARTS, strict=True):
        bad = np.count_nonzero(~np.isfinite(array)) if array.dtype.kind in "fc" else 0
        if bad:
            return f"{bad} of {array.size} numbers in the {what} of {source} are NaN or infinite"
    return None


def told(error: BaseException) -> str:
    """Tells an error of the user's code by its kind and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _fault_in_form(name: str, given: Batch) -> str | None:
    if (
        not isinstance(given, tuple)
        or len(given) != 2
        or not all(isinstance(part, np.ndarray) and part.ndim for part in given)
    ):
        return f"data: {name} must return two numpy arrays, inputs and targets"
    if len(given[0]) != len(given[1]) or not len(given[0]):
        return f"data: {name} returned {len(given[0])} inputs and {len(given[1])} targets"
    try:
        tensors(given, torch.float32)
    except (TypeError, ValueError):
        kinds = " and ".join(str(part.dtype) for part in given)
        return f"data: {name} returned arrays of {kinds}; torch takes numbers, such as np.float32"
    return None


def _sample(task: Task, number: int) -> Batch:
    """Draws a batch as the trainer does, of data made for it."""
    draw = generator("contract", task.name, number)
    return _copied(task.data().sample(draw, task.batch_size))


def _copied(given: Batch) -> Batch:
    """Copies arrays, which the data may write the next batch into; what is no batch stays so."""
    if not isinstance(given, tuple):
        return given
    copies = (np.array(one) if isinstance(one, np.ndarray) else one for one in given)
    return tuple(copies)  # type: ignore[return-value]  # of any length; it is checked later


def _equal(first: Batch, second: Batch) -> bool:
    return all(
        a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
        for a, b in zip(first, second, strict=True)
    )
