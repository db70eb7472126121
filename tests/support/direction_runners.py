"""The directions of a rule for k replicas, from weights and gradients given as they come.

In a layout with padding as the trainer's, in each of its ways.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from primitives import Kind, TorchSegments
from primitives.layout import Shape
from proxies.updates.member import Member
from proxies.updates.op_by_op import OperationByOperation
from proxies.updates.plan import Plan
from proxies.updates.rule_by_rule import Scratch, Updater

Array = NDArray[np.float64]


@dataclass
class Directions:
    """`run` takes the step, and reads what lies in the two buffers."""

    weights: Tensor
    gradient: Tensor
    run: Callable[[int], Tensor]

    def direction(self, t: int, weights: Tensor, gradient: Tensor) -> Tensor:
        """`[k, D]` of step `t`, a tensor of its own."""
        size = weights.shape[-1]
        self.weights[:, :size], self.gradient[:, :size] = weights, gradient
        with np.errstate(all="ignore"):
            return self.run(t).expand(self.weights.shape)[:, :size].clone()


def by_rule(
    plan: Plan,
    shapes: Sequence[Shape],
    rates: Array,
    dtype: torch.dtype,
    constants: Array | None = None,
) -> Directions:
    member, segments = _padded(plan, shapes, rates, dtype, constants)
    weights, gradient = (segments.zeros(member.rows, Kind.TENSOR, dtype) for _ in "wg")
    updater = Updater(member, segments, dtype)
    updater.bind(weights, gradient, Scratch(segments, dtype, member.rows))
    return Directions(weights, gradient, updater.direction)


def by_operation(
    plan: Plan,
    shapes: Sequence[Shape],
    rates: Array,
    dtype: torch.dtype,
    constants: Array | None = None,
) -> Directions:
    member, segments = _padded(plan, shapes, rates, dtype, constants)
    update = OperationByOperation([member], segments, dtype, chunk=1)
    return Directions(update.weights, update.gradient, update.directions)


WAYS = (by_rule, by_operation)


def _padded(
    plan: Plan,
    shapes: Sequence[Shape],
    rates: Array,
    dtype: torch.dtype,
    constants: Array | None,
) -> tuple[Member, TorchSegments]:
    replicas = rates.shape[1]
    own = np.zeros((0, replicas)) if constants is None else constants
    member = Member(plan, rates, np.zeros(replicas), own)
    return member, TorchSegments(shapes, dtype, align=16)
