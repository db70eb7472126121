"""Does work on several rules together, and where it brings workers down, finds out which does."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from evosearch.errors import EvosearchError
from evosearch.search.schema import BASELINE_ID
from evosearch.search.work import Pending, WorkFailed

M = TypeVar("M")
R = TypeVar("R")


class GroupWork(Generic[M, R]):
    """Is work on a group of rules, which begins when it is made.

    `begin` submits the work on some of the members; its result has one value for each.
    """

    def __init__(
        self, members: Sequence[M], begin: Callable[[Sequence[M]], Pending[list[R]]]
    ) -> None:
        self.members, self._begin = members, begin
        self._together = begin(members)

    def result(self) -> list[R | WorkFailed]:
        """Gives the value of each member, or how it failed.

        Where the work brought several workers down, it is done on each member by itself.
        """
        try:
            return [*self._together.result()]
        except WorkFailed as failure:
            if len(self.members) == 1:
                return [failure]
        outcomes: list[R | WorkFailed] = []
        for work in [self._begin([member]) for member in self.members]:
            try:
                outcomes += work.result()
            except WorkFailed as failure:
                outcomes.append(failure)
        return outcomes


def settled(
    work: GroupWork[M, R], number_of: Callable[[M], int], instead: Callable[[M], R], where: str
) -> list[R]:
    """Gives the value of each member, and `instead` for one that brings every worker down.

    A warning names those by `number_of`, and says `where`.

    Raises:
        EvosearchError: AdamW does so; then the task or the machine is to blame.
    """
    values, failed = [], list[int]()
    for member, outcome in zip(work.members, work.result(), strict=True):
        if not isinstance(outcome, WorkFailed):
            values.append(outcome)
            continue
        if number_of(member) == BASELINE_ID:
            raise EvosearchError(f"AdamW: {outcome}, then resume") from outcome
        failed.append(number_of(member))
        values.append(instead(member))
    warn_of(failed, where)
    return values


def warn_of(numbers: Iterable[int], where: str = "") -> None:
    """Warns of candidates that bring every worker down, if there are any."""
    if told := ", ".join(map(str, numbers)):
        warnings.warn(
            f"candidates that bring every worker down{where} count as the slowest: {told}",
            stacklevel=3,
        )
