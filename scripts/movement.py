"""Refuses the time of steps that did nothing: weights must have moved, and steps been counted.

A step that is skipped is the fastest of all, and a benchmark that only reads a clock praises it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor


class NothingMoved(Exception):
    """Tells that steps which were timed did not do what they are for."""


@contextmanager
def moving(what: str, weights: Sequence[Tensor]) -> Iterator[None]:
    """Holds tensors against what they were before the block; both copies lie outside of its time.

    Raises:
        NothingMoved: a tensor that has elements is as it was, or holds what is not finite.
    """
    before = [weight.detach().clone() for weight in weights]
    yield
    for number, (old, new) in enumerate(zip(before, weights, strict=True)):
        if new.numel() and torch.equal(old, new):
            raise NothingMoved(f"{what}: tensor {number} of {len(before)} did not move")
        if not torch.isfinite(new).all():
            raise NothingMoved(f"{what}: tensor {number} of {len(before)} is not finite")


@contextmanager
def counting(what: str, optimizer: Any, steps: int) -> Iterator[None]:
    """Asks that each count of steps which an optimizer keeps rises by `steps` in the block.

    Raises:
        NothingMoved: a count rose by another number.
    """
    before = counts(optimizer)
    yield
    after = counts(optimizer)
    if after != [count + steps for count in before]:
        raise NothingMoved(
            f"{what}: expected {steps} steps to be counted after {sorted(set(before))}, "
            f"got {sorted(set(after))}"
        )


def counts(optimizer: Any) -> list[int]:
    """Reads the steps that an optimizer has counted, one number for each parameter that has one."""
    return [int(state["step"]) for state in optimizer.state.values() if "step" in state]
