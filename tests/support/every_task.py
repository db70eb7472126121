"""All tasks, and batches of them, for the contracts that each task must keep."""

import numpy as np
import pytest

from proxies import TASKS, Batch, Task
from proxies.keys import generator
from tests.support.tiny_task import TINY

every_task = pytest.mark.parametrize("task", [*TASKS.values(), TINY], ids=lambda task: task.name)


def sample(task: Task, *key: str | int) -> Batch:
    return task.data().sample(generator(*key), task.batch_size)


def equal(a: Batch, b: Batch) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
