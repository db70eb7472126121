"""Trains many replicas of one task at once.

The replicas' parameters lie in one flat buffer `[R, width]`, parameter tensors side by side. Each
step is a batched forward and backward of all of them, then each rule's update of its own rows.
Rows of replicas that have stopped are taken out of the buffers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from proxies.task import Task, rate_factors
from proxies.training.batches import held_out_batch, initial_weights
from proxies.training.blame import blamed
from proxies.training.engine import PLAIN, Engine
from proxies.training.finite import require_finite_batches, require_finite_held_out
from proxies.training.gradients import chunk, evaluation, gradients, layout, step_batch
from proxies.updates.member import Member
from proxies.updates.plan import Plan
from proxies.updates.update import update_of

_HELD_OUT_ROWS = 16
"""The most replicas whose held-out loss is computed at once, which takes memory."""
_PAIR = 2
"""The fewest replicas that are computed at once: a library may multiply the matrices of one alone
in another order than those of several, which shows in the last bit."""
_WORTH_MOVING = 0.1
"""The share of stopped rows above which they are taken out, which costs about as much as a step."""
_RECENT = 0.1
"""The share of the steps until a rung, the last ones, whose training losses the judge is told."""


@dataclass(frozen=True, slots=True)
class Replica:
    """Describes one training run: a rule and its constants, peak learning rate, decay, seed."""

    plan: Plan
    rate: float
    seed: int
    weight_decay: float = 0.0
    constants: tuple[float, ...] = ()
    """The values of the plan's constants, in its order."""


Judge = Callable[[int, NDArray[np.float64]], NDArray[np.bool_]]
"""Decides at a rung which replicas go on, `[R]`. It takes the rung's number, from 0, and the recent
training loss of each replica, `[R]`: infinity if it has diverged, NaN if it was stopped before."""


@dataclass(frozen=True, slots=True)
class Rungs:
    """Holds a judge, and the steps after which it decides, in rising order."""

    steps: tuple[int, ...]
    judge: Judge


def train(
    task: Task,
    replicas: Sequence[Replica],
    steps: int,
    engine: Engine = PLAIN,
    rungs: Rungs | None = None,
) -> NDArray[np.float64]:
    """Trains replicas; gives the held-out loss of each after `steps` steps, `[R]`.

    It is infinity if a training loss was not finite, and NaN if the judge stopped the replica.
    Rows of such replicas are given up as soon as there are a few of them.

    Raises:
        ModelError: the task's model cannot be trained so, or its code raises something.
    """
    first: dict[Plan, int] = {}
    places = [first.setdefault(replica.plan, len(first)) for replica in replicas]
    order = sorted(range(len(replicas)), key=places.__getitem__)
    cohort = Cohort(task, [replicas[index] for index in order], steps, engine)
    rows = np.array(order)  # which replica each row of the cohort is
    running, diverged = np.ones(len(order), dtype=bool), np.zeros(len(order), dtype=bool)
    watched = _Watched(rungs, len(order))
    for t in range(1, steps + 1):
        losses = np.full(len(order), np.nan)
        losses[rows] = cohort.step(t)
        lost = running & ~np.isfinite(losses)
        if lost.any():
            seeds = {replicas[order[row]].seed for row in np.flatnonzero(lost)}
            require_finite_batches(task, seeds, t, engine)
        diverged |= lost
        running &= ~diverged
        running &= watched.going(t, np.where(running, losses, np.where(diverged, np.inf, np.nan)))
        stopped = np.count_nonzero(~running[rows])
        if stopped > _WORTH_MOVING * len(rows):
            cohort.keep(np.flatnonzero(running[rows]))
            rows = rows[running[rows]]
            if not len(rows):
                break
    losses = np.where(diverged, np.inf, np.nan)
    if running.any():
        held_out = np.full(len(order), np.nan)
        held_out[rows] = cohort.held_out_losses()
        if not np.isfinite(held_out[running]).all():
            require_finite_held_out(task, replicas[0].seed, engine)
        losses[running] = held_out[running]
    return losses


class _Watched:
    """Collects the training losses on the way to each rung, and asks the judge about them."""

    def __init__(self, rungs: Rungs | None, replicas: int) -> None:
        self._rungs, self._next = rungs, 0
        self._recent: list[NDArray[np.float64]] = []
        self._all = np.ones(replicas, dtype=bool)

    def going(self, t: int, losses: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tells which replicas go on after step `t` with these losses; both are `[R]`."""
        if self._rungs is None or self._next == len(self._rungs.steps):
            return self._all
        mark = self._rungs.steps[self._next]
        if t > mark * (1 - _RECENT):
            self._recent.append(losses)
        if t < mark:
            return self._all
        recent = np.mean(self._recent, axis=0)
        self._next, self._recent = self._next + 1, []
        return self._rungs.judge(self._next - 1, recent)


class Cohort:
    """Holds the training state of R replicas; equal plans must be neighbours."""

    def __init__(self, task: Task, replicas: Sequence[Replica], steps: int, engine: Engine) -> None:
        self._task, self._engine = task, engine
        self._compute = gradients(task, engine)
        self._seeds = np.array([replica.seed for replica in replicas])
        factors = rate_factors(steps, task.warmup)[:, None]
        members = []
        for plan, group in groupby(replicas, key=lambda replica: replica.plan):
            own = list(group)
            rates = factors * [replica.rate for replica in own]
            decay = np.array([replica.weight_decay for replica in own])
            constants = np.array([replica.constants for replica in own], dtype=np.float64)
            members.append(Member(plan, rates, decay, constants.reshape(len(own), -1).T))
        segments = layout(task, engine)
        self._chunk = chunk(task, engine) if engine.compiled else _PAIR
        self._update = update_of(members, segments, engine.dtype, self._chunk)
        starts = {
            seed: initial_weights(task, seed, engine.dtype) for seed in sorted(set(self._seeds))
        }
        for row, seed in enumerate(self._seeds):
            self._update.weights[row, : segments.total] = starts[seed]
        self._cut()

    @property
    def weights(self) -> Tensor:
        """Gives the weights of the cohort's replicas, `[R, D]`."""
        total = layout(self._task, self._engine).total
        return self._update.weights[: len(self._seeds), :total]

    @property
    def gradients(self) -> Tensor:
        """Gives the gradients of the cohort's replicas, `[R, D]`, until the update uses them up."""
        total = layout(self._task, self._engine).total
        return self._update.gradient[: len(self._seeds), :total]

    @property
    def buffers(self) -> float:
        """Counts the numbers in the rules' working buffers for each number that is trained."""
        return self._update.buffers

    @property
    def bytes(self) -> int:
        """Counts the bytes of weights, gradients, states and the rules' working buffers."""
        return self._update.bytes

    def step(self, t: int) -> NDArray[np.float64]:
        """Takes step `t` = 1, 2, … of every replica; gives the losses before it, `[R]`."""
        losses = self.compute_gradients(t)
        self.update(t)
        result: NDArray[np.float64] = losses.double().cpu().numpy()
        return result

    def compute_gradients(self, t: int) -> Tensor:
        """Runs forward and backward on the batch of step `t`; gives the losses, `[R]`."""
        drawn = {
            seed: step_batch(self._task, self._engine, seed, t) for seed in sorted(set(self._seeds))
        }
        batches: dict[tuple[int, ...], list[Tensor]] = {}
        losses = []
        for rows, seeds in self._chunks:
            own = self._update.gradient[rows], self._update.weights[rows]
            with blamed(self._task, "its model or loss"):
                if seeds not in batches:
                    parts = zip(*(drawn[seed] for seed in seeds), strict=True)
                    batches[seeds] = [torch.stack(part).to(self._engine.device) for part in parts]
                losses.append(self._compute(*own, *batches[seeds]))
        return torch.cat(losses)[: len(self._seeds)]

    def update(self, t: int) -> None:
        """Moves the weights by the rules' directions; the gradients are used up."""
        with torch.no_grad(), np.errstate(all="ignore"):
            self._update.step(t)

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Goes on with these replicas alone, in rising order."""
        self._update.keep(rows.tolist())
        self._seeds = self._seeds[rows]
        self._cut()

    def held_out_losses(self) -> NDArray[np.float64]:
        """Computes the held-out loss of each replica, `[R]`, infinity where it is not finite."""
        inputs, targets = held_out_batch(self._task, self._engine.dtype)
        device = self._engine.device
        loss = evaluation(self._task, self._engine)
        count = len(self._seeds)
        rows = self._update.weights[: -(-count // _PAIR) * _PAIR]
        with torch.no_grad(), blamed(self._task, "its model or loss"):
            parts = [
                loss(some, inputs.to(device), targets.to(device)).double().cpu()
                for some in torch.split(rows, _HELD_OUT_ROWS)
            ]
        result: NDArray[np.float64] = torch.cat(parts)[:count].numpy()
        return np.where(np.isfinite(result), result, np.inf)

    def _cut(self) -> None:
        """Cuts the rows into chunks, each with the seeds of its rows; the last is filled up."""
        count = len(self._update.weights)
        length = self._chunk if self._engine.compiled else max(count, 1)
        seeds = np.resize(self._seeds, count) if len(self._seeds) else self._seeds
        self._chunks = [
            (slice(start, start + length), tuple(seeds[start : start + length].tolist()))
            for start in range(0, count, length)
        ]
