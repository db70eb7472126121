"""Data with NaN are told from rules that diverge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from proxies import Batch, ModelError, Replica, train
from proxies.task_checks import _DESCENT
from tests.support.tiny_task import TINY, NoisyLine


class Gaps(NoisyLine):
    """A tenth of the inputs are missing."""

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        inputs, targets = super().sample(draw, size)
        inputs[draw.random(inputs.shape) < 0.1] = np.nan
        return inputs, targets


class Filling(nn.Linear):
    """Knows what to do with what is missing."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(torch.nan_to_num(x))


def test_nan_in_a_batch_is_told_with_its_place() -> None:
    """It is the batch of the step at which a loss first is not finite."""
    task = replace(TINY, name="gaps", data=Gaps)
    with pytest.raises(
        ModelError,
        match=r"task 'gaps': its loss is nan, for \d of 24 numbers in the inputs of the batch of "
        r"seed 0 and step \d+ are NaN or infinite; give finite ones",
    ):
        train(task, [Replica(_DESCENT, 0.01, 0)], 16)


def test_a_model_that_fills_gaps_may_diverge_on_them() -> None:
    """Then the rule is to blame, and its loss is infinite, as on data without gaps."""
    task = replace(TINY, name="filled", data=Gaps, model=lambda: Filling(3, 1))
    losses = train(task, [Replica(_DESCENT, rate, 0) for rate in (0.01, 1e30)], 16)
    assert np.isfinite(losses[0])
    assert losses[1] == np.inf
