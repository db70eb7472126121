"""Ways to run an optimizer from outside as a step that moves weights by their `.grad`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, optim
from torch.overrides import TorchFunctionMode

from tests.support.side_by_side import Step

Build = Callable[[Sequence[Tensor]], Step]
"""Makes the step that moves the given weights."""


def as_it_comes(kind: Callable[..., optim.Optimizer], **options: Any) -> Build:
    """An optimizer as it comes."""

    def build(weights: Sequence[Tensor]) -> Step:
        optimizer = kind(weights, lr=1.0, **options)

        def step(lr: float) -> None:
            optimizer.param_groups[0]["lr"] = lr
            optimizer.step()

        return step

    return build


def direction_of(kind: Callable[..., optim.Optimizer], **options: Any) -> Build:
    """An optimizer at rate 1 whose weights are set to zero at every step: it writes -u there."""
    plain = as_it_comes(kind, **options)

    def build(weights: Sequence[Tensor]) -> Step:
        step = plain(weights)

        def from_zero(lr: float) -> None:
            for weight in weights:
                weight.zero_()
            step(lr)

        return from_zero

    return build


def at_rate_one(kind: Callable[..., optim.Optimizer], **options: Any) -> Build:
    """What an optimizer does at rate 1 from there on, times the rate: no state holds a rate."""
    plain = direction_of(kind, **options)

    def build(weights: Sequence[Tensor]) -> Step:
        directions = [torch.zeros_like(weight) for weight in weights]
        step = plain(directions)

        def from_outside(lr: float) -> None:
            pass_gradients(weights, directions)
            step(1.0)
            for weight, direction in zip(weights, directions, strict=True):
                weight.add_(direction, alpha=lr)

        return from_outside

    return build


def with_rate(build: Build, rate: Callable[[float, int], float]) -> Build:
    """`build`, at another rate, a function of the one given and the step."""

    def changed(weights: Sequence[Tensor]) -> Step:
        step, t = build(weights), 0

        def at_other_rate(lr: float) -> None:
            nonlocal t
            t += 1
            step(rate(lr, t))

        return at_other_rate

    return changed


def pass_gradients(source: Sequence[Tensor], target: Sequence[Tensor]) -> None:
    for a, b in zip(source, target, strict=True):
        assert a.grad is not None
        b.grad = a.grad.reshape(b.shape).clone()


class _Instead(TorchFunctionMode):
    """While this is active, one of torch's functions does something else."""

    def __init__(self, function: Callable[..., Any], other: Callable[..., Any]) -> None:
        super().__init__()
        self._function, self._other = function, other

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        del types
        return (self._other if func == self._function else func)(*args, **(kwargs or {}))


def instead(build: Build, function: Callable[..., Any], other: Callable[..., Any]) -> Build:
    """`build`, with one of torch's functions replaced in its steps."""

    def changed(weights: Sequence[Tensor]) -> Step:
        step = build(weights)

        def inside(lr: float) -> None:
            with _Instead(function, other):
                step(lr)

        return inside

    return changed


def double_precision(build: Build) -> Build:
    """`build`, with float64 as torch's default, which some states take for a dtype."""

    def changed(weights: Sequence[Tensor]) -> Step:
        step = build(weights)

        def inside(lr: float) -> None:
            before = torch.get_default_dtype()
            torch.set_default_dtype(torch.float64)
            try:
                step(lr)
            finally:
                torch.set_default_dtype(before)

        return inside

    return changed
