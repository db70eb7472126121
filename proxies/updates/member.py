"""Describes the replicas of a cohort that follow one rule, and how their weights move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from proxies.updates.plan import Plan


@dataclass(frozen=True, slots=True)
class Member:
    """Holds a rule and the `k` neighbouring rows of a cohort that it moves."""

    plan: Plan
    rates: NDArray[np.float64]
    """`[steps, k]`, the learning rate of each step and replica."""
    decay: NDArray[np.float64]
    """`[k]`, the decoupled weight decay."""
    constants: NDArray[np.float64]
    """`[c, k]`, the values of the plan's constants in each replica."""

    @property
    def rows(self) -> int:
        """Counts the replicas, `k`."""
        return int(self.rates.shape[1])

    def keep(self, rows: Sequence[int]) -> Member:
        """Gives the same rule with these of its replicas alone."""
        own = list(rows)
        return Member(self.plan, self.rates[:, own], self.decay[own], self.constants[:, own])


class Update(Protocol):
    """Moves the weights of a cohort's members, w <- (1 - lr decay) w - lr u, step by step."""

    weights: Tensor
    """`[rows, width]`, zeros for the caller to fill before the first step; the cohort's rows,
    filled up to whole chunks."""
    gradient: Tensor
    """`[rows, width]`, for the caller to fill before each step, which uses it up."""

    def step(self, t: int) -> None:
        """Takes step `t` = 1, 2, … of every replica."""

    def keep(self, rows: Sequence[int]) -> None:
        """Goes on with these rows alone, in rising order.

        Their weights and states move to new buffers.
        """

    @property
    def buffers(self) -> float:
        """Counts the working buffers for each number that is trained, besides the gradient."""

    @property
    def bytes(self) -> int:
        """Counts the bytes of weights, gradients, states and working buffers."""


def kept(members: Sequence[Member], rows: Sequence[int]) -> list[list[int]]:
    """Lists, for each member, those of its own rows, counted from 0, that the cohort keeps."""
    ends = np.cumsum([member.rows for member in members])
    own: list[list[int]] = [[] for _ in members]
    for row, number in zip(rows, np.searchsorted(ends, rows, side="right"), strict=True):
        own[number].append(row - int(ends[number]) + members[number].rows)
    return own
