"""A module that cannot be trained in batches is refused with what to do, and that works."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from proxies import ModelError, Replica, Task, train
from proxies.task_checks import _DESCENT
from tests.support.tiny_task import TINY


class Noisy(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.randn_like(x)


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.calls = nn.Buffer(torch.zeros(4))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += x.mean(0)
        return x


class Double(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.double()


class Same(nn.Module):
    """Casts to the type of a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return x.double().to(self.scale.dtype) * self.scale


class Branch(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else -x


class Choice(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x.sum() > 0, x, -x)


def of(*layers: nn.Module) -> Task:

    return replace(TINY, name="mine", model=lambda: nn.Sequential(nn.Linear(3, 4), *layers))


PAIRS: dict[str, tuple[nn.Module, str, nn.Module | None]] = {
    "batch norm": (
        nn.BatchNorm1d(4),
        r"module '1' \(BatchNorm1d\).*build it with track_running_stats=False",
        nn.BatchNorm1d(4, track_running_stats=False),
    ),
    "layer norm": (nn.BatchNorm1d(4), r"or take LayerNorm or GroupNorm", nn.LayerNorm(4)),
    "instance norm": (
        nn.Sequential(nn.Unflatten(1, (1, 4)), nn.InstanceNorm1d(1, track_running_stats=True)),
        r"module '1\.1' \(InstanceNorm1d\).*track_running_stats=False",
        None,
    ),
    "state": (Counting(), r"module '1' \(Counting\).*keep no state that changes in tr", nn.ReLU()),
    "noise": (Noisy(), r"module '1' \(Noisy\).*let `sample` draw the noise", None),
    "branch": (Branch(), r"module '1' \(Branch\).*choose by torch\.where", Choice()),
    "double": (Double(), r"module '2' \(Linear\).*cast to the type of a weight", Same()),
}
"""Layers that are refused, what is said of each, and what is advised instead."""


@pytest.mark.parametrize(("layer", "told", "instead"), PAIRS.values(), ids=PAIRS)
def test_the_way_out_is_told_and_works(
    layer: nn.Module, told: str, instead: nn.Module | None
) -> None:
    """On one line, before anything is trained; what is advised trains."""
    replicas = [Replica(_DESCENT, 0.01, seed) for seed in (0, 1)]
    with pytest.raises(ModelError, match=told) as caught:
        train(of(layer, nn.Linear(4, 1)), replicas, 2)
    assert "\n" not in str(caught.value)
    if instead is not None:
        assert np.isfinite(train(of(instead, nn.Linear(4, 1)), replicas, 2)).all()
