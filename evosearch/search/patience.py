"""Says how long a worker may take over a piece of work, by how long a task's steps take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from evosearch.errors import EvosearchError
from evosearch.search.pace import step_seconds
from evosearch.search.work import Load, WorkFailed

_TIMES = 4.0
"""How many times the expected time a worker may take."""
_LEAST = 30.0
"""The seconds that it may take in any case."""
_UNKNOWN = 1800.0
"""The seconds that it may take where nothing is expected."""
SETTING_UP = 180.0
"""The seconds that a new worker may take to start and to load files, and any worker to make the
data of a task that it has not trained yet and to compile its model."""


class Measurement(Protocol):
    """Is work that measures how many seconds a replica's step of a task takes."""

    @property
    def ended(self) -> bool:
        """Tells whether `result` need not wait."""

    def result(self) -> float:
        """Gives the seconds, or raises what the work raised."""


Begin = Callable[[tuple[Callable[..., float], tuple[Any, ...]], None, str], Measurement]
"""Begins a call on a worker, of which no load is known; the text is what people call it."""


class Patience:
    """Has a few steps of each task measured by `begin`, on whichever worker."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._paces: dict[tuple[str, str], Measurement] = {}
        """The seconds of a replica's step, by task and device."""

    def get_to_know(self, loads: Sequence[Load]) -> None:
        """Begins to measure the tasks that are new."""
        for load in loads:
            key = load.task.name, load.device
            if key not in self._paces:
                call = step_seconds, (load.task, load.device)
                words = f"a few steps of task {load.task.name}"
                self._paces[key] = self._begin(call, None, words)

    def seconds(self, loads: Sequence[Load] | None) -> float:
        """Gives the seconds that a piece of work may take; None stands for a few steps of a task.

        Raises:
            EvosearchError: no worker came through a few steps of a task, which is named.
        """
        if loads is None:
            return 2 * _LEAST  # it is there to find out, and makes the task's data besides
        paces = [self._paces[load.task.name, load.device] for load in loads]
        if not loads or not all(pace.ended for pace in paces):
            return _UNKNOWN
        try:
            expected = sum(
                pace.result() * load.replica_steps for pace, load in zip(paces, loads, strict=True)
            )
        except WorkFailed as failure:
            # Not a fault of the work that is waited for.
            raise EvosearchError(str(failure)) from None
        return max(_LEAST, _TIMES * expected)
