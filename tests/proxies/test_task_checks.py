"""A sound task passes the checks, and each fault is told."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from torch import Tensor, nn
from torch.nn import functional

from proxies import Batch, Task
from proxies.task_checks import first_fault
from tests.support.every_task import every_task
from tests.support.tiny_task import TINY, NoisyLine


@every_task
def test_the_task_keeps_what_is_asked_of_a_users(task: Task) -> None:
    """The checks that a task from a file must pass."""
    assert first_fault(task) is None


class Uneven(NoisyLine):
    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        inputs, targets = super().sample(draw, size)
        return inputs, targets[1:]


class Deaf(NoisyLine):
    def sample(self, _draw: np.random.Generator, size: int) -> Batch:
        return super().sample(np.random.default_rng(1), size)


class Counting(nn.Linear):
    """Keeps count of its calls outside of its parameters."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(x) * self.calls


class Centring(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        x -= x.mean()
        return super().forward(x)


class Casting(nn.Linear):
    """Insists on single precision."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float())


def own_draws() -> nn.Module:
    """A model whose weights come from a generator that no seed reaches."""
    model = nn.Linear(3, 1)
    nn.init.constant_(model.weight, float(np.random.default_rng().random()))
    return model


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "summary": ({"summary": ""}, "summary must be a text, got ''"),
    "name": ({"name": "a b"}, "name must consist of letters, digits and '_', got 'a b'"),
    "data": ({"data": 1}, "data must be a function or a class, got 1"),
    "steps": ({"steps": 0}, "steps must be a whole number from 1, got 0"),
    "warmup": ({"warmup": 1.5}, "warmup must be a number from 0 to 1, got 1.5"),
    "uneven": ({"data": Uneven}, "data: sample returned 8 inputs and 7 targets"),
    "deaf": ({"data": Deaf}, "data: sample gave the same batch for two generators"),
    "model": ({"model": lambda: abs}, "model must build a torch.nn.Module, got builtin"),
    "frozen": ({"model": nn.Identity}, "its model has no parameters to train"),
    "loss": ({"loss": lambda a, b: (a - b).flatten()}, "its loss must be a scalar tensor"),
    "infinite": ({"loss": lambda a, _: (a / 0).abs().sum()}, "its loss on the first batch is inf"),
    "in place": ({"model": lambda: Centring(3, 1)}, "changes its inputs or targets in place"),
    "own draws": ({"model": own_draws}, "gave two initial values of parameter 'weight' for one"),
    "lazy": ({"model": lambda: nn.LazyLinear(1)}, "its model has lazy modules"),
    "state": ({"model": lambda: Counting(3, 1)}, "keep all state in parameters"),
}
"""Changes of a sound task, and what is said of each."""


@pytest.mark.parametrize(("changes", "told"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_told_in_a_line(changes: dict[str, Any], told: str) -> None:
    """What is wrong, what was expected and what there is."""
    fault = first_fault(replace(TINY, **changes))
    assert fault is not None
    assert told in fault
    assert "\n" not in fault


def test_a_model_that_casts_its_inputs_trains_and_has_a_digest() -> None:
    """Where double precision is refused, the digest goes by single, and differs with the loss."""
    task = replace(TINY, model=lambda: Casting(3, 1))
    assert first_fault(task) is None
    twice = replace(task, loss=lambda y, x: 2 * functional.mse_loss(y, x))
    assert len({task.digest(), twice.digest()}) == 2
    assert task.digest() == replace(task, model=lambda: Casting(3, 1)).digest()


def test_a_task_of_one_step_is_sound() -> None:
    """As short as a training can be."""
    assert first_fault(replace(TINY, steps=1, batch_size=1)) is None


def test_what_is_no_task_is_told() -> None:
    """Any object may be asked about."""
    assert first_fault(5) == "expected a Task, got int"
