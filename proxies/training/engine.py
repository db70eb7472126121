"""Says how a process trains, and has the error about models that cannot be trained so."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from proxies.task import Task


class ModelError(ValueError):
    """Says that a task's model cannot be trained: which module is to blame, why, and what to do."""

    def __init__(self, task: Task, fault: str) -> None:
        super().__init__(f"task '{task.name}': {fault}")
        self.fault = fault
        """The message without the task's name."""


@dataclass(frozen=True)
class Engine:
    """Says how a process trains: number format, device, and whether a model's step is compiled."""

    dtype: torch.dtype = torch.float32
    device: str = "cpu"
    compiled: bool = False


PLAIN = Engine()
"""Single precision on this machine's processor, not compiled."""
