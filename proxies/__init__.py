"""Training tasks and the batched trainer; this package knows nothing of evolution."""

from proxies.task import Batch, Data, Task
from proxies.tasks import SUITES, TASKS
from proxies.training.gradients import PLAIN, Engine, ModelError
from proxies.training.trainer import Replica, Rungs, train
from proxies.updates.plan import Plan, State, Step

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
    "train",
]
