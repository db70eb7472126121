"""The learning-rate schedule, and what a task's digest sees."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from proxies import TASKS, Batch, Task
from proxies.task import rate_factors
from tests.support.tiny_task import TINY, NoisyLine


def factor(t: int, steps: int, rising: float) -> float:
    """The factor at step `t`, warming up until `rising`."""
    if t < rising:
        return t / rising
    return 0.5 + 0.5 * math.cos(math.pi * (t - rising) / (steps - rising))


@pytest.mark.parametrize(
    ("steps", "warmup", "rising"),
    [(100, 0.1, 10), (120, 0.1, 12), (25, 0.1, 2.5), (8, 0.5, 4), (10, 0.0, 1), (5, 0.1, 1)],
)
def test_rate_warms_up_and_falls_as_a_cosine(steps: int, warmup: float, rising: float) -> None:
    """The rate rises linearly over the first part of the steps, at least one, then is a cosine."""
    expected = [factor(t, steps, rising) for t in range(1, steps + 1)]
    np.testing.assert_allclose(rate_factors(steps, warmup), expected, rtol=1e-12, atol=1e-15)


@given(st.integers(2, 300), st.floats(0.0, 0.9))
def test_rate_rises_to_its_peak_and_falls_to_zero(steps: int, warmup: float) -> None:
    """Factors lie in [0, 1], rise, then fall; the last is 0."""
    factors = rate_factors(steps, warmup)
    assert factors.shape == (steps,)
    assert factors.min() >= 0
    assert factors.max() <= 1
    turns = np.sign(np.diff(factors))
    assert list(turns) == sorted(turns, reverse=True)
    assert factors[-1] == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.1), (1, 1.0), (4, 1.0)])
def test_a_rate_without_room_to_fall_ends_at_its_peak(steps: int, warmup: float) -> None:
    """A single step, or the last of nothing but warm-up, is taken at the full rate."""
    assert rate_factors(steps, warmup)[-1] == 1.0


class Changed:
    """The data of a task with another first held-out or training input."""

    def __init__(self, task: Task, held_out: bool) -> None:
        self._data, self._held_out = task.data(), held_out

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        return self._change(self._data.sample(draw, size), not self._held_out)

    def held_out(self) -> Batch:
        return self._change(self._data.held_out(), self._held_out)

    @staticmethod
    def _change(batch: Batch, really: bool) -> Batch:
        inputs = batch[0].copy()
        inputs.flat[0] += really
        return inputs, batch[1]


class Bent(nn.Module):
    """All but the identity."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.01 * x.square()


def scaled(model: nn.Module, factor: float) -> nn.Module:
    """The model with other initial weights."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(factor)
    return model


CHANGES: dict[str, Callable[[Task], Task]] = {
    "name": lambda task: replace(task, name=task.name + "2"),
    "steps": lambda task: replace(task, steps=task.steps + 1),
    "batch_size": lambda task: replace(task, batch_size=task.batch_size + 1),
    "rate": lambda task: replace(task, rate=1.5 * task.rate),
    "warmup": lambda task: replace(task, warmup=0.2),
    "weight_decay": lambda task: replace(task, weight_decay=0.0),
    "version": lambda task: replace(task, version=task.version + 1),
    "held-out data": lambda task: replace(task, data=lambda: Changed(task, held_out=True)),
    "loss": lambda task: replace(task, loss=lambda *given: 1.01 * task.loss(*given)),
    "initial weights": lambda task: replace(task, model=lambda: scaled(task.model(), 1.01)),
    "activation": lambda task: replace(task, model=lambda: nn.Sequential(task.model(), Bent())),
    "training data": lambda task: replace(task, data=lambda: Changed(task, held_out=False)),
}


@pytest.mark.parametrize(
    "task",
    [TASKS["digit_images"], TASKS["byte_text"], TASKS["digits_conv"], TASKS["cancer_gaps"], TINY],
    ids=lambda task: task.name,
)
def test_digest_names_what_a_measurement_depends_on(task: Task) -> None:
    """The digest stays while nothing changes, and differs with every setting and the data."""
    assert task.digest() == task.digest() == replace(task, summary="another").digest()
    digests = {change(task).digest() for change in CHANGES.values()}
    assert len(digests | {task.digest()}) == len(CHANGES) + 1


def test_digest_does_not_see_the_last_bits() -> None:
    """Machines that add in another order, or round otherwise, agree on the digest."""
    draw = np.random.default_rng(5)

    class Shaken(NoisyLine):
        def sample(self, draw_batch: np.random.Generator, size: int) -> Batch:
            inputs, targets = super().sample(draw_batch, size)
            nudge = 1 + 1e-7 * draw.choice([-1, 0, 1], size=inputs.shape)
            return (inputs * nudge).astype(np.float32), targets

    assert (
        len({replace(TINY, data=lambda: Shaken()).digest() for _ in range(5)} | {TINY.digest()})
        == 1
    )
