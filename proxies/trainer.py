"""Trains many replicas of one task at once.

The replicas' parameters lie in one flat buffer `[R, D]`, parameter tensors side by side. Each
step is one batched forward and backward for all of them (`torch.func.vmap` over views of the
buffer), then each rule's update over its own rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call, vmap

from primitives import TorchSegments
from proxies.keys import generator, torch_seed
from proxies.plan import Plan
from proxies.task import Task, rate_factors
from proxies.update import Updater


@dataclass(frozen=True, slots=True)
class Replica:
    """One training run: a rule, its peak learning rate, its weight decay, a seed."""

    plan: Plan
    rate: float
    seed: int
    weight_decay: float = 0.0


def train(
    task: Task,
    replicas: Sequence[Replica],
    steps: int,
    *,
    dtype: torch.dtype = torch.float32,
    device: str = "cpu",
) -> NDArray[np.float64]:
    """`[R]`: the held-out loss of each replica after `steps` steps, infinite where it diverged."""
    first: dict[Plan, int] = {}
    places = [first.setdefault(replica.plan, len(first)) for replica in replicas]
    order = sorted(range(len(replicas)), key=places.__getitem__)
    cohort = Cohort(task, [replicas[index] for index in order], steps, dtype, device)
    for t in range(1, steps + 1):
        cohort.step(t)
    losses = np.empty(len(replicas))
    losses[order] = cohort.held_out_losses()
    return losses


class Cohort:
    """The training state of R replicas; equal plans must be neighbours."""

    def __init__(
        self,
        task: Task,
        replicas: Sequence[Replica],
        steps: int,
        dtype: torch.dtype,
        device: str,
    ) -> None:
        self._task, self._steps, self._dtype, self._device = task, steps, dtype, device
        self._seeds = sorted({replica.seed for replica in replicas})
        place = {seed: index for index, seed in enumerate(self._seeds)}
        self._which = torch.tensor([place[r.seed] for r in replicas], device=device)
        starts = torch.stack([initial_weights(task, seed, dtype) for seed in self._seeds])
        self.weights = starts.to(device)[self._which].contiguous()
        self._model = _skeleton(task, dtype, device)
        shapes = {name: p.shape for name, p in self._model.named_parameters()}
        sizes = [shape.numel() for shape in shapes.values()]
        self._parameters = {
            name: part.view(len(replicas), *shape).requires_grad_()
            for (name, shape), part in zip(
                shapes.items(), torch.split(self.weights, sizes, dim=1), strict=True
            )
        }
        self._forward = vmap(self._loss)
        rates = np.array([replica.rate for replica in replicas])
        schedule = rate_factors(steps, task.warmup)[:, None] * rates
        decay = np.array([replica.weight_decay for replica in replicas])
        self._rates = torch.tensor(schedule, dtype=dtype, device=device)[:, :, None]
        self._shrink = torch.tensor(1 - schedule * decay, dtype=dtype, device=device)[:, :, None]
        segments = TorchSegments(sizes, dtype, device)
        self._updaters: list[tuple[slice, Updater]] = []
        start = 0
        for plan, group in groupby(replicas, key=lambda replica: replica.plan):
            rows = slice(start, start := start + len(list(group)))
            self._updaters.append((rows, Updater(plan, segments, schedule[:, rows], dtype)))

    def step(self, t: int) -> None:
        """One optimizer step, `t` = 1, 2, …, of every replica."""
        inputs, targets = self._batch(t)
        losses = self._forward(self._parameters, inputs, targets)
        parts = torch.autograd.grad(losses.sum(), list(self._parameters.values()))
        with torch.no_grad():
            gradient = torch.cat([part.flatten(1) for part in parts], dim=1)
            direction = torch.cat(
                [
                    updater.direction(t, self.weights[rows], gradient[rows])
                    for rows, updater in self._updaters
                ]
            )
            self.weights.mul_(self._shrink[t - 1]).sub_(direction.mul_(self._rates[t - 1]))

    def held_out_losses(self) -> NDArray[np.float64]:
        """`[R]`, infinite where not finite."""
        inputs, targets = _held_out(self._task, self._dtype)
        with torch.no_grad():
            losses = vmap(self._loss, in_dims=(0, None, None))(
                self._parameters, inputs.to(self._device), targets.to(self._device)
            )
        result: NDArray[np.float64] = losses.double().cpu().numpy()
        return np.where(np.isfinite(result), result, np.inf)

    def _loss(self, parameters: dict[str, Tensor], inputs: Tensor, targets: Tensor) -> Tensor:
        return self._task.loss(functional_call(self._model, parameters, (inputs,)), targets)

    def _batch(self, t: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets of step `t`, `[R, batch, ...]`."""
        streams = [_stream(self._task, seed, t, self._dtype) for seed in self._seeds]
        inputs = torch.stack([inputs for inputs, _ in streams]).to(self._device)
        targets = torch.stack([targets for _, targets in streams]).to(self._device)
        return inputs[self._which], targets[self._which]


def initial_weights(task: Task, seed: int, dtype: torch.dtype) -> Tensor:
    """`[D]`: the weights of a replica before step 1, drawn by the model's own initialisation."""
    # A module draws from torch's generator of the CPU; it is put back as it was.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(torch_seed("weights", task.name, seed))
        model = task.model()
    return torch.cat([p.detach().flatten() for p in model.parameters()]).to(dtype)


def _skeleton(task: Task, dtype: torch.dtype, device: str) -> nn.Module:
    """A module for `functional_call`; its own parameters are never used."""
    with torch.random.fork_rng(devices=[]):
        return task.model().to(device=device, dtype=dtype)


def _tensors(batch: tuple[NDArray[Any], NDArray[Any]], dtype: torch.dtype) -> tuple[Tensor, ...]:
    return tuple(
        tensor.to(dtype) if tensor.is_floating_point() else tensor
        for tensor in map(torch.from_numpy, batch)
    )


@lru_cache(maxsize=4096)
def _stream(task: Task, seed: int, t: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    return _tensors(
        task.data().sample(generator("batch", task.name, seed, t), task.batch_size), dtype
    )


@lru_cache(maxsize=16)
def _held_out(task: Task, dtype: torch.dtype) -> tuple[Tensor, ...]:
    return _tensors(task.data().held_out(), dtype)
