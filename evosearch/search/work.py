"""Defines what work is and who does it, and an executor that works in this process.

Work is a module-level function and its arguments, all plain data but for operations and tasks;
its result depends on nothing else, so every executor gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from evosearch.errors import EvosearchError
from evosearch.plugins.overdue import told_if_overdue
from evosearch.search.failures import OUT_OF_MEMORY, Note, unnoted
from proxies import Task
from proxies.training.blame import is_out_of_memory

T = TypeVar("T")
R = TypeVar("R", covariant=True)


_OVERDUE = 1800.0
"""The seconds after which a piece of work in this process is told of."""


class WorkFailed(EvosearchError):
    """Says that a piece of work killed or hung every worker that was given it.

    The message names the work, and says what to see to.
    """

    def __init__(self, what: str, work: str) -> None:
        super().__init__(
            f"{what} over {work}; see that data and model come to an end and fit into memory"
        )


class NoWorkers(EvosearchError):
    """Says that there is nobody to do the work: no cluster, no GPU, workers that do not start."""


class Pending(Protocol[R]):
    """Stands for a result of work that may not be done yet."""

    def result(self) -> R:
        """Waits for the result, or raises what the work raised.

        Raises:
            WorkFailed: the workers died or hung over it.
        """


class Load(NamedTuple):
    """Says how much of a task is trained in a piece of work, at most."""

    task: Task
    replica_steps: int
    device: str


class Executor(Protocol):
    """Runs work; results are the same whatever the executor."""

    def submit(
        self, function: Callable[..., T], *arguments: Any, loads: Sequence[Load] = ()
    ) -> Pending[T]:
        """Takes on the call `function(*arguments)`.

        `loads` say what it trains, by which a worker that hangs is told from one that is busy.
        """


def in_words(loads: Sequence[Load]) -> str:
    """Calls a piece of work by the tasks that it trains, for people."""
    names = ", ".join(load.task.name for load in loads)
    return f"the work on {names}" if names else "a piece of work"


@dataclass
class _Deferred(Generic[T]):
    function: Callable[..., T]
    arguments: tuple[Any, ...]
    work: str
    note: Note

    def result(self) -> T:
        """Does the work.

        Raises:
            WorkFailed: memory did not suffice.
        """
        try:
            with told_if_overdue(
                _OVERDUE,
                f"{self.work} has taken {_OVERDUE / 60:.0f} minutes; if a task loops for ever, "
                "nothing ends it in this process: Ctrl-C, then go on with --workers 1",
            ):
                return self.function(*self.arguments)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        self.note(OUT_OF_MEMORY, self.work)
        raise WorkFailed("this process ran out of memory", self.work)


class Inline:
    """Does the work when its result is asked for, for as long as it takes.

    Nobody is there to watch: work that takes very long is told of, and what kills this process
    ends the search, to be resumed. `note` is told of memory that did not suffice.
    """

    def __init__(self, note: Note = unnoted) -> None:
        self._note = note

    def submit(
        self, function: Callable[..., T], *arguments: Any, loads: Sequence[Load] = ()
    ) -> Pending[T]:
        return _Deferred(function, arguments, in_words(loads), self._note)
