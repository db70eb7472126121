"""Runs one plan over some rows of a cohort."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from primitives import PRIMITIVES, Kind, TorchSegments, join
from proxies.plan import Plan, Step

_Instruction = tuple[int, Callable[..., Any], tuple[int, ...], tuple[tuple[int, Kind], ...], bool]


class Updater:
    """The direction of one rule for `k` replicas that differ in learning rate and seed.

    What depends on the step and the learning rate alone (bias corrections, decay powers) is
    computed for all steps at once, in float64, before training starts. A scalar is a tensor of
    no dimension where all replicas share it, else `[k, 1]`; leaf values are `[k, L]`, tensor
    values `[k, D]`.

    `rates` is `[steps, k]`, the scheduled learning rate of each step and replica.
    """

    def __init__(
        self, plan: Plan, segments: TorchSegments, rates: NDArray[np.float64], dtype: torch.dtype
    ) -> None:
        self._plan = plan
        self._segments = segments
        self._rows = rates.shape[1]
        scheduled = _schedule(plan, rates)
        self._timeline = _timeline(plan, scheduled, dtype, segments.sizes.device)
        self._states = {
            state.name: torch.zeros(self._shape(state.kind), dtype=dtype).to(segments.sizes.device)
            for state in plan.states
        }
        self._instructions = [
            _instruction(plan, index)
            for index, step in enumerate(plan.steps)
            if _is_primitive(step) and index not in scheduled
        ]

    def direction(self, t: int, weights: Tensor, gradient: Tensor) -> Tensor:
        """`u` of step `t` (1, 2, …) for weights and gradient `[k, D]`; advances the states."""
        plan, segments = self._plan, self._segments
        registers: list[Any] = [None] * len(plan.steps)
        for index, values in self._timeline:
            registers[index] = values[t - 1] if len(values) > 1 else values[0]
        for index, step in enumerate(plan.steps):
            if step.op == "slot":
                registers[index] = self._states[step.label]
            elif step.op == "input" and step.kind is Kind.TENSOR:
                registers[index] = weights if step.label == "w" else gradient
        for index, function, operands, raised, reduces in self._instructions:
            arguments = [registers[operand] for operand in operands]
            for position, kind in raised:
                arguments[position] = self._raise(arguments[position], kind, Kind.TENSOR)
            registers[index] = function(segments, *arguments) if reduces else function(*arguments)
        for state in plan.states:
            if registers[state.write] is weights:
                # They change in place after this, and the state must not.
                registers[state.write] = weights.clone()
        self._states = {
            state.name: self._raise(
                registers[state.write], plan.steps[state.write].kind, state.kind
            )
            for state in plan.states
        }
        result: Tensor = registers[plan.direction]
        return self._raise(result, plan.steps[plan.direction].kind, Kind.TENSOR)

    def _shape(self, kind: Kind) -> tuple[int, int]:
        width = {Kind.SCALAR: 1, Kind.LEAF: len(self._segments.counts)}
        return self._rows, width.get(kind, self._segments.total)

    def _raise(self, value: Tensor, kind: Kind, target: Kind) -> Tensor:
        if kind is Kind.LEAF and target is Kind.TENSOR:
            value = self._segments.expand(value)
        return value.expand(self._shape(target))


def _is_primitive(step: Step) -> bool:
    return step.op not in ("constant", "input", "slot")


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
            elif _is_primitive(step) and all(operand in found for operand in step.operands):
                primitive = PRIMITIVES[step.op]
                if not primitive.reduces:
                    found[index] = primitive.numpy(*(found[operand] for operand in step.operands))
    return found


def _timeline(
    plan: Plan,
    scheduled: dict[int, NDArray[np.float64]],
    dtype: torch.dtype,
    device: torch.device,
) -> list[tuple[int, tuple[Tensor, ...]]]:
    """For each scheduled register that others read at run time, its value at each step."""
    read = {plan.direction, *(state.write for state in plan.states)}
    for index, step in enumerate(plan.steps):
        if index not in scheduled:
            read.update(step.operands)
    timeline = []
    for index in sorted(read & scheduled.keys()):
        values = torch.from_numpy(scheduled[index]).to(dtype=dtype, device=device)
        # No dimension where all replicas agree: torch then treats it as a number.
        values = values[:, 0] if values.shape[1] == 1 else values[:, :, None]
        timeline.append((index, values.unbind(0)))
    return timeline


def _instruction(plan: Plan, index: int) -> _Instruction:
    step = plan.steps[index]
    primitive = PRIMITIVES[step.op]
    guard = primitive.guarded if step.guarded else None
    function = guard.torch if guard else primitive.torch
    kinds = [plan.steps[operand].kind for operand in step.operands]
    target = Kind.TENSOR if primitive.reduces else join(kinds)
    raised = tuple(
        (position, kind)
        for position, kind in enumerate(kinds)
        # torch broadcasts a scalar by itself, except where a reduction counts elements
        if kind < target and target is Kind.TENSOR and (primitive.reduces or kind is Kind.LEAF)
    )
    return index, function, step.operands, raised, primitive.reduces
