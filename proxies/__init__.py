"""Holds the training tasks and the batched trainer; this package knows nothing of evolution."""

from proxies.task import Batch, Data, Task
from proxies.tasks import SUITES, TASKS
from proxies.training.engine import PLAIN, Engine, ModelError
from proxies.training.trainer import Replica, Rungs, train
from proxies.updates.plan import Plan, Register, State

__all__ = [
    "PLAIN",
    "SUITES",
    "TASKS",
    "Batch",
    "Data",
    "Engine",
    "ModelError",
    "Plan",
    "Register",
    "Replica",
    "Rungs",
    "State",
    "Task",
    "train",
]
