"""Where work runs: in this process, or on Ray actors of this machine or a cluster.

Work is a module-level function and its arguments, all plain data; its result depends on nothing
else, so both executors give the same. Only the driver writes to disk.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import torch

from evosearch.errors import EvosearchError
from evosearch.plugins.operations import load_text, loaded
from evosearch.plugins.tasks import TaskFile, load_task_file, loaded_tasks

T = TypeVar("T")
R = TypeVar("R", covariant=True)
_DEADLINE_SECONDS = 1800.0
_CONNECT_SECONDS = 10.0
_ATTEMPTS = 3
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


class Pending(Protocol[R]):
    """A result that may not be there yet."""

    def result(self) -> R:
        """Waits for the result."""


class Executor(Protocol):
    """Runs work; results are the same whatever the executor."""

    def submit(self, function: Callable[..., T], *arguments: Any) -> Pending[T]:
        """Starts `function(*arguments)`."""


@contextmanager
def executor(workers: int, address: str | None = None) -> Iterator[Executor]:
    """An executor with `workers` Ray actors, or this process where that is 0.

    `address` is that of a running Ray cluster; without one, Ray starts on this machine.

    Raises:
        EvosearchError: the cluster cannot be reached.
    """
    if workers == 0:
        configure_process()
        yield _Inline()
        return
    import ray  # slow to import, and of no use to the other commands

    _check_reachable(address)
    try:
        ray.init(
            address=address,
            num_cpus=None if address else workers,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, RuntimeError) as error:
        first = str(error).splitlines()[0]
        raise EvosearchError(f"cannot reach Ray at {address or 'this machine'}: {first}") from None
    try:
        yield _RayActors(workers)
    finally:
        ray.shutdown()


def _check_reachable(address: str | None) -> None:
    """Ray itself would try for a minute and then print a page.

    Raises:
        EvosearchError: nobody listens at the address, where it is of the form HOST:PORT.
    """
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        raise EvosearchError(
            f"cannot reach Ray at {address} ({error.strerror or error}); is `ray start --head` "
            "running there?"
        ) from None


def configure_process() -> None:
    """Sets up a process that trains.

    One torch thread, so that sums are taken in one order and workers do not fight for cores. What
    is loaded so far is exempt from garbage collection, which would look through all of it time
    and again while candidates are set up.
    Freed memory is kept: by default glibc hands large blocks back to the system at once, and
    faulting them in again takes up to a third of a training step.
    """
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 1 << 30)
        mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)


def check_device(name: str) -> None:
    """
    Raises:
        EvosearchError: torch has no such device on this machine.
    """
    count = torch.cuda.device_count()
    if name != "cpu" and int(name.partition(":")[2] or 0) >= count:
        raise EvosearchError(
            f"device '{name}': torch sees {count or 'no'} CUDA devices here; use --device cpu, "
            "or install a build of torch for CUDA"
        )


@dataclass
class _Deferred(Generic[T]):
    function: Callable[..., T]
    arguments: tuple[Any, ...]

    def result(self) -> T:
        return self.function(*self.arguments)


class _Inline:
    """Does the work when its result is asked for."""

    def submit(self, function: Callable[..., T], *arguments: Any) -> Pending[T]:
        return _Deferred(function, arguments)


class _Worker:
    """What an actor is: a configured process that calls functions."""

    def __init__(
        self, extensions: tuple[tuple[str, str], ...], tasks: tuple[TaskFile, ...]
    ) -> None:
        configure_process()
        for digest, text in extensions:
            load_text(text, f"operations {digest[:12]}")
        for file in tasks:
            load_task_file(file, f"task file {file.digest[:12]}")

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        return function(*arguments)


class _RayActors:
    """Gives work to the actor with the least to do; replaces an actor that died or hangs."""

    def __init__(self, workers: int) -> None:
        import ray

        self._remote: Any = ray
        worker = self._remote.remote(num_cpus=1)(_Worker)
        extensions = tuple((digest, extension.text) for digest, extension in loaded.items())
        tasks = tuple(loaded_tasks.values())
        self._make: Callable[[], Any] = lambda: worker.remote(extensions, tasks)
        self._actors: list[Any] = [self._make() for _ in range(workers)]
        self._load = [0] * workers

    def submit(self, function: Callable[..., T], *arguments: Any) -> Pending[T]:
        return _RayPending(self, function, arguments)

    def start(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Any]:
        """The actor that has the least to do, given this work too, and the result's reference."""
        place = self._load.index(min(self._load))
        self._load[place] += 1
        actor = self._actors[place]
        return actor, actor.call.remote(function, arguments)

    def finish(self, actor: Any) -> None:
        """One piece of work of this actor is done."""
        if actor in self._actors:
            self._load[self._actors.index(actor)] -= 1

    def replace(self, actor: Any) -> None:
        """Puts a new actor in the place of one that failed, unless that was done already."""
        if actor in self._actors:
            place = self._actors.index(actor)
            self._remote.kill(actor)
            self._actors[place], self._load[place] = self._make(), 0


class _RayPending(Generic[T]):
    def __init__(
        self, actors: _RayActors, function: Callable[..., T], arguments: tuple[Any, ...]
    ) -> None:
        self._actors, self._function, self._arguments = actors, function, arguments
        self._actor, self._reference = actors.start(function, arguments)

    def result(self) -> T:
        import ray

        for _ in range(_ATTEMPTS):
            try:
                value: T = ray.get(self._reference, timeout=_DEADLINE_SECONDS)
            except (ray.exceptions.RayActorError, ray.exceptions.GetTimeoutError):
                self._actors.replace(self._actor)
                self._actor, self._reference = self._actors.start(self._function, self._arguments)
            else:
                self._actors.finish(self._actor)
                return value
        raise EvosearchError(
            f"a batch of work failed on {_ATTEMPTS} workers in a row; "
            "check their memory, then `evosearch resume` the run"
        )
