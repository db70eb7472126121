"""Defines what work is and who does it, and an executor that works in this process.

Work is a module-level function and its arguments, all plain data but for operations and tasks;
its result depends on nothing else, so every executor gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from evosearch.errors import EvosearchError
from proxies import Task

T = TypeVar("T")
R = TypeVar("R", covariant=True)


class WorkFailed(EvosearchError):
    """Says that a piece of work killed or hung every worker that was given it."""


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


@dataclass
class _Deferred(Generic[T]):
    function: Callable[..., T]
    arguments: tuple[Any, ...]

    def result(self) -> T:
        return self.function(*self.arguments)


class Inline:
    """Does the work when its result is asked for, for as long as it takes."""

    def submit(
        self,
        function: Callable[..., T],
        *arguments: Any,
        loads: Sequence[Load] = (),  # noqa: ARG002  # nobody is there to watch
    ) -> Pending[T]:
        return _Deferred(function, arguments)
