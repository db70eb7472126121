"""Runs one plan over its rows of a cohort, in buffers that are allocated once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from primitives import PRIMITIVES, Kind, TorchSegments
from proxies.placing import (
    COPY,
    INPUT,
    LAYOUT,
    SCHEDULED,
    SCRATCH,
    SLOT,
    SPREAD,
    Line,
    Place,
    is_primitive,
    place,
)
from proxies.plan import Plan


class Scratch:
    """Buffers that the rules of a cohort use in turn; `rows` are those of the largest rule."""

    def __init__(self, segments: TorchSegments, dtype: torch.dtype, rows: int) -> None:
        self._segments, self._dtype, self._rows = segments, dtype, rows
        self._buffers: dict[Kind, list[Tensor]] = {kind: [] for kind in Kind}

    def get(self, kind: Kind, number: int, rows: int) -> Tensor:
        """The first `rows` of a buffer, made when it is first asked for."""
        buffers = self._buffers[kind]
        while len(buffers) <= number:
            buffers.append(self._segments.zeros(self._rows, kind, self._dtype))
        return buffers[number][:rows]

    @property
    def count(self) -> int:
        """Of buffers for tensor values."""
        return len(self._buffers[Kind.TENSOR])

    @property
    def bytes(self) -> int:
        """That the buffers take."""
        return sum(b.nbytes for buffers in self._buffers.values() for b in buffers)


class Updater:
    """The direction of one rule for `k` replicas that differ in learning rate and seed.

    What depends on the step and the learning rate alone (bias corrections, decay powers) is
    computed for all steps at once, in float64, before training starts. A scalar is a tensor of
    no dimension where all replicas share it, else `[k, 1]`; leaf values are `[k, L]`, tensor
    values `[k, width]`.

    `rates` is `[steps, k]`, the scheduled learning rate of each step and replica. Before the first
    step, and after `keep`, the updater must be bound to the buffers that it works in.
    """

    def __init__(
        self, plan: Plan, segments: TorchSegments, rates: NDArray[np.float64], dtype: torch.dtype
    ) -> None:
        self._plan, self._segments, self._dtype = plan, segments, dtype
        scheduled = _schedule(plan, rates)
        self._placed = place(plan, scheduled.keys())
        read = _read(self._placed.lines, self._placed.direction)
        self._timeline = _Timeline({index: scheduled[index] for index in read}, len(rates))
        self._states = {
            state.name: segments.zeros(rates.shape[1], state.kind, dtype) for state in plan.states
        }
        self._rows = int(rates.shape[1])

    @property
    def rows(self) -> int:
        """The number of replicas."""
        return self._rows

    @property
    def state_bytes(self) -> int:
        """That the states of all replicas take."""
        return sum(state.nbytes for state in self._states.values())

    def keep(self, rows: Sequence[int]) -> None:
        """Goes on with these of the replicas alone."""
        self._rows = len(rows)
        self._states = {name: state[list(rows)] for name, state in self._states.items()}
        self._timeline.keep(rows)

    def bind(self, weights: Tensor, gradient: Tensor, scratch: Scratch) -> None:
        """Works from now on with these rows of the cohort's buffers, each `[k, width]`.

        The gradient's buffer is overwritten once it has been read.
        """
        self._inputs = {"w": weights, "g": gradient}
        self._scratch = scratch
        self._now = self._timeline.tensors(self._dtype, self._segments.sizes.device)
        self._calls = [self._call(line) for line in self._placed.lines]
        self._direction = self._tensor(self._placed.direction)

    def direction(self, t: int) -> Tensor:
        """`u` of step `t` (1, 2, …), a scalar or tensor value; advances the states.

        It lies in a buffer that the next call, or another rule's, overwrites.
        """
        self._now.set(t)
        for call in self._calls:
            call()
        return self._direction

    def _tensor(self, place: Place) -> Tensor:
        if place.room == SLOT:
            return self._states[str(place.key)]
        if place.room == INPUT:
            return self._inputs[str(place.key)]
        if place.room == LAYOUT:
            numbers = PRIMITIVES[str(place.key)].torch(self._segments)[None]
            full = self._segments.expand(numbers) if place.kind is Kind.TENSOR else numbers
            return full.expand(self._rows, -1)
        if place.room == SCRATCH:
            return self._scratch.get(place.kind, int(place.key), self._rows)
        return self._now.values[int(place.key)]

    def _call(self, line: Line) -> Callable[[], object]:
        """The line as a function without arguments."""
        result = self._tensor(line.result)
        operands = [self._tensor(operand) for operand in line.operands]
        if line.op == COPY:
            return partial(result.copy_, operands[0])
        if line.op == SPREAD:
            parts = self._segments.split(result)
            columns = operands[0].unsqueeze(-1).unbind(-2)
            return partial(_copy_all, tuple(zip(parts, columns, strict=True)))
        primitive = PRIMITIVES[line.op]
        form = primitive.guarded if primitive.guarded and line.guarded else primitive
        if line.wide:
            shape = (self._rows, self._segments.width)
            full = [operand.expand(shape) for operand in operands]
            return partial(_copy_result, result, partial(form.torch, self._segments, *full))
        if form.takes_out:
            return partial(form.torch, *operands, out=result)
        return partial(_copy_result, result, partial(form.torch, *operands))


def _copy_all(pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
    for target, source in pairs:
        target.copy_(source)


def _copy_result(result: Tensor, function: Callable[[], Tensor]) -> None:
    result.copy_(function())


def _read(lines: Sequence[Line], direction: Place) -> list[int]:
    """The scheduled registers that are read in training."""
    places = [*(operand for line in lines for operand in line.operands), direction]
    return sorted({int(p.key) for p in places if p.room == SCHEDULED})


def _schedule(plan: Plan, rates: NDArray[np.float64]) -> dict[int, NDArray[np.float64]]:
    """The registers that no gradient, weight or state reaches: `[steps or 1, k or 1]` each."""
    found: dict[int, NDArray[np.float64]] = {}
    steps = np.arange(1, len(rates) + 1, dtype=np.float64)[:, None]
    with np.errstate(all="ignore"):
        for index, step in enumerate(plan.steps):
            if step.op == "constant":
                found[index] = np.full((1, 1), step.value)
            elif step.op == "input" and step.kind is Kind.SCALAR:
                found[index] = steps if step.label == "t" else rates
            elif is_primitive(step) and all(operand in found for operand in step.operands):
                primitive = PRIMITIVES[step.op]
                if not primitive.reduces:
                    found[index] = primitive.numpy(*(found[operand] for operand in step.operands))
    return found


class _Timeline:
    """Scheduled registers: what each is at each step, for all replicas or for each."""

    def __init__(self, scheduled: Mapping[int, NDArray[np.float64]], steps: int) -> None:
        self._shared = {i: values for i, values in scheduled.items() if values.shape[1] == 1}
        self._own = {i: values for i, values in scheduled.items() if values.shape[1] > 1}
        self._steps = steps

    def keep(self, rows: Sequence[int]) -> None:
        self._own = {index: values[:, list(rows)] for index, values in self._own.items()}

    def tensors(self, dtype: torch.dtype, device: torch.device) -> _Now:
        columns = [*self._shared.values(), *self._own.values()]
        full = [np.broadcast_to(c, (self._steps, c.shape[1])) for c in columns]
        table = np.hstack(full) if full else np.zeros((self._steps, 0))
        return _Now(
            torch.from_numpy(table).to(dtype=dtype, device=device),
            list(self._shared),
            {index: values.shape[1] for index, values in self._own.items()},
        )


class _Now:
    """The scheduled registers of the present step, each always in the same tensor.

    `table` is `[steps, numbers]`: one for each register in `shared`, then `own[i]` for each of the
    others.
    """

    def __init__(self, table: Tensor, shared: Sequence[int], own: Mapping[int, int]) -> None:
        self._table = table.unbind(0)
        self._row = table[0].clone()
        self.values = {index: self._row[place] for place, index in enumerate(shared)}
        # No dimension where all replicas agree: torch then treats it as a number.
        start = len(shared)
        for index, count in own.items():
            self.values[index] = self._row[start : start + count, None]
            start += count

    def set(self, t: int) -> None:
        self._row.copy_(self._table[t - 1])
