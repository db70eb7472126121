"""Defines what work is and who does it, and an executor that works in this process.

Work is a module-level function and its arguments, all plain data but for operations and tasks;
its result depends on nothing else, so every executor gives the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R", covariant=True)


class Pending(Protocol[R]):
    """Stands for a result of work that may not be done yet."""

    def result(self) -> R:
        """Waits for the result, or raises what the work raised."""


class Executor(Protocol):
    """Runs work; results are the same whatever the executor."""

    def submit(self, function: Callable[..., T], *arguments: Any) -> Pending[T]:
        """Takes on the call `function(*arguments)`."""


@dataclass
class _Deferred(Generic[T]):
    function: Callable[..., T]
    arguments: tuple[Any, ...]

    def result(self) -> T:
        return self.function(*self.arguments)


class Inline:
    """Does the work when its result is asked for."""

    def submit(self, function: Callable[..., T], *arguments: Any) -> Pending[T]:
        return _Deferred(function, arguments)
