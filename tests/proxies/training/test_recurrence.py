"""torch's recurrent layers train in batches of replicas as each replica does alone."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from proxies import Batch, Engine, Replica, Task, train
from proxies.task import fresh_model, rate_factors
from proxies.task_checks import _DESCENT, first_fault
from proxies.training.batches import held_out_batch, training_batch
from proxies.training.gradients import gradients
from tests.support.tiny_task import TINY


class Sums:
    """Inputs `[N, 4, 2]`, targets `[N, 1]`: the sum of a sequence."""

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        inputs = draw.standard_normal((size, 4, 2))
        return inputs, inputs.sum((1, 2))[:, None]

    def held_out(self) -> Batch:
        return self.sample(np.random.default_rng(0), 32)


class Layer(nn.Module):
    """A recurrent layer, read at its end."""

    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.layer = kind(2, 5, batch_first=True)
        self.head = nn.Linear(5, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(self.layer(x)[0][:, -1])
        return y


class Cell(nn.Module):
    """A recurrent cell, called for each position."""

    def __init__(self, kind: type[nn.RNNCellBase]) -> None:
        super().__init__()
        self.cell = kind(2, 5)
        self.head = nn.Linear(5, 1)

    def forward(self, x: Tensor) -> Tensor:
        state = None
        for position in range(x.shape[1]):
            state = self.cell(x[:, position], state)
        y: Tensor = self.head(state[0] if isinstance(state, tuple) else state)
        return y


MODELS = [
    *(pytest.param(Layer, kind, id=kind.__name__) for kind in (nn.LSTM, nn.GRU, nn.RNN)),
    *(pytest.param(Cell, kind, id=kind.__name__) for kind in (nn.LSTMCell, nn.GRUCell, nn.RNNCell)),
]


@pytest.mark.parametrize(("wrapping", "kind"), MODELS)
def test_recurrent_models_train_as_torch_trains_them(
    wrapping: type[nn.Module], kind: type[nn.Module]
) -> None:
    """Two replicas end where gradient descent by torch's own modules does, one at a time."""
    task = replace(TINY, name=f"of_{kind.__name__}", data=Sums, model=lambda: wrapping(kind))
    assert first_fault(task) is None
    rate, steps = 0.1, 3
    losses = train(task, [Replica(_DESCENT, rate, seed) for seed in (0, 1)], steps)
    np.testing.assert_allclose(
        losses, [alone(task, rate, seed, steps) for seed in (0, 1)], rtol=1e-5
    )


def alone(task: Task, rate: float, seed: int, steps: int) -> float:
    """The held-out loss after torch's own gradient descent."""
    model = fresh_model(task, seed)
    for t, factor in enumerate(rate_factors(steps, task.warmup), start=1):
        inputs, targets = training_batch(task, seed, t, torch.float32)
        optimizer = torch.optim.SGD(model.parameters(), lr=rate * factor)
        task.loss(model(inputs), targets).backward()
        optimizer.step()
        optimizer.zero_grad()
    with torch.no_grad():
        inputs, targets = held_out_batch(task, torch.float32)
        return float(task.loss(model(inputs), targets))


def test_a_recurrent_layer_is_not_compiled_and_the_user_is_told_what_is() -> None:
    """Its unrolled step takes minutes to compile; torch's own settings stay as they were."""
    task = replace(TINY, name="of_a_layer", data=Sums, model=lambda: Layer(nn.LSTM))
    with pytest.warns(UserWarning, match=r"task 'of_a_layer': LSTM is not compiled.*GatedCell"):
        gradients(task, Engine(compiled=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(task, [Replica(_DESCENT, 0.1, 0)], 1, Engine(compiled=True))
    assert torch.backends.mkldnn.enabled
