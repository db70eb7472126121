"""Training tasks and the batched trainer; this package knows nothing of evolution."""

from proxies.gradients import PLAIN, Engine, ModelError
from proxies.plan import Plan, State, Step
from proxies.task import Batch, Data, Task
from proxies.tasks import SUITES, TASKS, register
from proxies.trainer import Replica, Rungs, train

__all__ = [
    "PLAIN",
    "SUITES",
    "TASKS",
    "Batch",
    "Data",
    "Engine",
    "ModelError",
    "Plan",
    "Replica",
    "Rungs",
    "State",
    "Step",
    "Task",
    "register",
    "train",
]
