"""Updates one rule after the other, each over its rows, in buffers that all rules share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from primitives import Kind, Primitive, TorchSegments
from proxies.updates.bound_calls import Call, layout_numbers, primitive_call
from proxies.updates.buffers import (
    FOREKNOWN,
    INPUT,
    LAYOUT,
    SCRATCH,
    SLOT,
    Place,
    PlacedLine,
    place,
)
from proxies.updates.member import Member, kept
from proxies.updates.step_lines import Foreknown, Move, foreknown


class RuleByRule:
    """Implements `Update` in as little memory as the rules' liveness allows."""

    weights: Tensor
    gradient: Tensor

    def __init__(
        self, members: Sequence[Member], segments: TorchSegments, dtype: torch.dtype, chunk: int
    ) -> None:
        self._segments, self._dtype, self._chunk = segments, dtype, chunk
        self._updaters = [Updater(member, segments, dtype) for member in members]
        self._allocate()

    def step(self, t: int) -> None:
        for updater in self._updaters:
            updater.step(t)

    def keep(self, rows: Sequence[int]) -> None:
        weights = self.weights
        own = kept([updater.member for updater in self._updaters], rows)
        for updater, chosen in zip(self._updaters, own, strict=True):
            updater.keep(chosen)
        self._updaters = [updater for updater in self._updaters if updater.member.rows]
        self._allocate()
        self.weights[: len(rows)] = weights[list(rows)]

    @property
    def buffers(self) -> float:
        return self._scratch.count

    @property
    def bytes(self) -> int:
        states = sum(updater.state_bytes for updater in self._updaters)
        return self.weights.nbytes + self.gradient.nbytes + states + self._scratch.bytes

    def _allocate(self) -> None:
        counts = [updater.member.rows for updater in self._updaters]
        padded = -(-sum(counts) // self._chunk) * self._chunk
        self.weights, self.gradient = (
            self._segments.zeros(padded, Kind.TENSOR, self._dtype) for _ in range(2)
        )
        self._scratch = Scratch(self._segments, self._dtype, max(counts, default=0))
        start = 0
        for updater, count in zip(self._updaters, counts, strict=True):
            rows = slice(start, start := start + count)
            updater.bind(self.weights[rows], self.gradient[rows], self._scratch)


class Scratch:
    """Holds buffers that a cohort's rules use in turn; `rows` are those of the largest rule."""

    def __init__(self, segments: TorchSegments, dtype: torch.dtype, rows: int) -> None:
        self._segments, self._dtype, self._rows = segments, dtype, rows
        self._buffers: dict[Kind, list[Tensor]] = {kind: [] for kind in Kind}

    def get(self, kind: Kind, number: int, rows: int) -> Tensor:
        """Gives the first `rows` of a buffer, which is made when it is first asked for."""
        buffers = self._buffers[kind]
        while len(buffers) <= number:
            buffers.append(self._segments.zeros(self._rows, kind, self._dtype))
        return buffers[number][:rows]

    @property
    def count(self) -> int:
        """Counts the buffers for tensor values."""
        return len(self._buffers[Kind.TENSOR])

    @property
    def bytes(self) -> int:
        """Counts the bytes of the buffers."""
        return sum(b.nbytes for buffers in self._buffers.values() for b in buffers)


class Updater:
    """Runs one rule over the rows of its replicas.

    What depends on the step, learning rate and constants alone is computed for all steps before
    training starts. A scalar is a tensor of no dimension where all replicas share it, else
    `[k, 1]`; other values are `[k, padded[kind]]`. Before the first step, and after `keep`, it must
    be bound to the buffers that it works in.
    """

    def __init__(self, member: Member, segments: TorchSegments, dtype: torch.dtype) -> None:
        self.member, self._segments, self._dtype = member, segments, dtype
        known = foreknown(member.plan, member.rates, member.constants)
        self._placed = place(member.plan, known.keys())
        read = _read(self._placed.lines, self._placed.direction)
        self._timeline = _Timeline({i: known[i] for i in read}, len(member.rates))
        self._states = {
            state.name: segments.zeros(member.rows, state.kind, dtype)
            for state in member.plan.states
        }

    @property
    def state_bytes(self) -> int:
        """Counts the bytes of the states of all replicas."""
        return sum(state.nbytes for state in self._states.values())

    def keep(self, rows: Sequence[int]) -> None:
        """Goes on with these of the replicas alone."""
        self.member = self.member.keep(rows)
        for state in self.member.plan.states:
            new = self._segments.zeros(len(rows), state.kind, self._dtype)
            self._states[state.name] = new.copy_(self._states[state.name][list(rows)])
        self._timeline.keep(rows)

    def bind(self, weights: Tensor, gradient: Tensor, scratch: Scratch) -> None:
        """Binds the calls to these rows of the cohort's buffers, each `[k, width]`.

        The gradient's buffer is overwritten once it has been read.
        """
        self._inputs = {"w": weights, "g": gradient}
        self._scratch = scratch
        device = self._segments.sizes.device
        self._now = self._timeline.tensors(self._dtype, device)
        self._calls = [self._call(line) for line in self._placed.lines]
        self._direction = self._tensor(self._placed.direction)
        self._shrink, self._rates = (
            torch.tensor(values, dtype=self._dtype, device=device)[..., None].unbind(0)
            for values in (1 - self.member.rates * self.member.decay, self.member.rates)
        )

    def step(self, t: int) -> None:
        """Moves the weights by step `t` (1, 2, …)."""
        direction = self.direction(t)
        weights = self._inputs["w"]
        weights.mul_(self._shrink[t - 1]).addcmul_(direction, self._rates[t - 1], value=-1)

    def direction(self, t: int) -> Tensor:
        """Takes the states through step `t`; returns `u`, a scalar or tensor value.

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
            assert isinstance(place.key, Primitive)
            row = layout_numbers(place.key, place.kind, self._segments)
            return row.expand(self.member.rows, -1)
        if place.room == SCRATCH:
            return self._scratch.get(place.kind, _number(place), self.member.rows)
        return self._now.values[_number(place)]

    def _call(self, line: PlacedLine) -> Call:
        result = self._tensor(line.result)
        operands = [self._tensor(operand) for operand in line.operands]
        if line.op is Move.COPY:
            return partial(result.copy_, operands[0])
        if line.op is Move.SPREAD:
            kind, into = line.operands[0].kind, line.result.kind
            return self._segments.spread(operands[0], kind, into, result)
        return primitive_call(line.op, line.guarded, operands, result, self._segments)


def _number(place: Place) -> int:
    """Gives the number of a scratch buffer, or of a foreknown register."""
    assert isinstance(place.key, int)
    return place.key


def _read(lines: Sequence[PlacedLine], direction: Place) -> list[int]:
    """Lists the numbers of the foreknown registers that are read in training."""
    places = [*(operand for line in lines for operand in line.operands), direction]
    return sorted({_number(p) for p in places if p.room == FOREKNOWN})


class _Timeline:
    """Holds what each foreknown register is at each step, for all replicas or for each."""

    def __init__(self, foreknown: Mapping[int, Foreknown], steps: int) -> None:
        self._shared = {i: known.values for i, known in foreknown.items() if known.shared}
        self._own = {i: known.values for i, known in foreknown.items() if not known.shared}
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
    """Holds the foreknown registers of the present step, each always in the same tensor.

    `table` is `[steps, numbers]`: a row has one number for each register in `shared`, then `own[i]`
    numbers for each of the others.
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
