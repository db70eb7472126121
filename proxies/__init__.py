"""Training tasks and the batched trainer; this package knows nothing of evolution."""

from proxies.plan import Plan, State, Step
from proxies.task import Batch, Data, Task
from proxies.tasks import SUITES, TASKS, register
from proxies.trainer import Replica, train

__all__ = [
    "SUITES",
    "TASKS",
    "Batch",
    "Data",
    "Plan",
    "Replica",
    "State",
    "Step",
    "Task",
    "register",
    "train",
]
