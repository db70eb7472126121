"""Says how a process trains, and has the error about models that cannot be trained so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from proxies.task import Task


class ModelError(ValueError):
    """Says that a task's model cannot be trained: which module is to blame, why, and what to do."""

    def __init__(self, task: Task, fault: str) -> None:
        super().__init__(f"task '{task.name}': {fault}")
        self.task_name, self.fault = task.name, fault
        """The parts of the message."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Goes to other processes by its text, since a task is code."""
        return _again, (self.task_name, self.fault)


def _again(task_name: str, fault: str) -> ModelError:
    error = ModelError.__new__(ModelError, f"task '{task_name}': {fault}")
    error.task_name, error.fault = task_name, fault
    return error


@dataclass(frozen=True)
class Engine:
    """Says how a process trains: number format, device, and whether a model's step is compiled."""

    dtype: torch.dtype = torch.float32
    device: str = "cpu"
    compiled: bool = False


PLAIN = Engine()
"""Single precision on this machine's processor, not compiled."""
