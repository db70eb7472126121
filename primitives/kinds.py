"""The three kinds of value an update rule computes with, in broadcasting order."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Kind(IntEnum):
    """How many numbers a value holds.

    Broadcasting goes up this order only: a smaller kind is repeated where a larger one is
    needed, never the other way round. Matrix kinds (row, column, matrix), which rules such as
    Muon need, would stand between `LEAF` and `TENSOR`.
    """

    SCALAR = 0
    """One number for the whole model, such as the step."""
    LEAF = 1
    """One number per parameter tensor, as a per-tensor reduction gives."""
    TENSOR = 2
    """Shaped like the parameter."""

    __hash__ = int.__hash__
    """That of an enumeration goes through its name, which costs where millions are hashed."""

    def __str__(self) -> str:
        return self.name.lower()


def join(kinds: Iterable[Kind]) -> Kind:
    """The smallest kind that all of `kinds` broadcast to; `SCALAR` of none."""
    return max(kinds, default=Kind.SCALAR)
