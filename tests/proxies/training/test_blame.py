"""Errors of a task's own code are told by the task's name; lack of memory is not its fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from primitives import Kind
from proxies import Batch, ModelError, Plan, Register, Replica, Task, train
from proxies.training.blame import blamed, is_out_of_memory
from tests.support.tiny_task import TINY, NoisyLine

DESCENT = Plan((Register("input", kind=Kind.TENSOR, label="g"),), 0, ())


def raising(error: BaseException) -> None:
    with blamed(TINY, "its data"):
        raise error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyError("row"), "KeyError: 'row'"),
        (ValueError(), "ValueError"),
        (SystemExit("enough"), "SystemExit: enough"),
        (RuntimeError("two\nlines"), "RuntimeError: two lines"),
    ],
)
def test_what_the_code_raises_is_told_by_the_tasks_name(error: BaseException, told: str) -> None:
    """On one line, with the part that is to blame; the error itself is kept."""
    with pytest.raises(ModelError) as caught:
        raising(error)
    assert str(caught.value) == f"task 'tiny': its data failed in training: {told}"
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        KeyboardInterrupt(),
        ModelError(TINY, "it has no parameters"),
    ],
)
def test_what_is_not_its_fault_passes(error: BaseException) -> None:
    """Lack of memory, Ctrl-C, and what is told of a task already."""
    with pytest.raises(type(error)) as caught:
        raising(error)
    assert caught.value is error


def test_only_memory_is_out_of_memory() -> None:
    """Whatever torch calls it; the words in another kind of error mean nothing."""
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("CUDA out of memory"))
    assert not is_out_of_memory(RuntimeError("shapes differ"))
    assert not is_out_of_memory(KeyError("out of memory"))


class Failing(NoisyLine):
    """Data whose `n`-th example from now on fails."""

    def __init__(self, part: str) -> None:
        self._part = part

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        if self._part == "sample" and draw.integers(4) == 0:
            raise OSError("the disk is gone")
        return super().sample(draw, size)

    def held_out(self) -> Batch:
        if self._part == "held out":
            raise OSError("the disk is gone")
        return self.sample(np.random.default_rng(7), 64)


def late(good: int) -> Callable[[Tensor, Tensor], Tensor]:
    """A loss that fails after some calls."""
    calls = iter(range(good))

    def loss(output: Tensor, targets: Tensor) -> Tensor:
        if next(calls, None) is None:
            raise ZeroDivisionError("of all things")
        return functional.mse_loss(output, targets)

    return loss


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"data": lambda: Failing("sample")}, "its data failed in training: OSError: the disk"),
        ({"data": lambda: Failing("held out")}, "its data failed in training: OSError: the disk"),
        ({"loss": late(5)}, "its model or loss failed in training: ZeroDivisionError: of all"),
        ({"model": lambda: 1 / 0}, "its model failed in training: ZeroDivisionError"),
    ],
    ids=["sample", "held out", "loss", "model"],
)
def test_a_training_tells_which_part_of_the_task_failed(changes: Any, told: str) -> None:
    """Wherever in a training it does, which may be long after it was checked."""
    task: Task = replace(TINY, name="mine", **changes)
    with pytest.raises(ModelError, match=re.escape(f"task 'mine': {told}")):
        train(task, [Replica(DESCENT, 0.01, 0)], 16)
