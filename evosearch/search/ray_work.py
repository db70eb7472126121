"""Does work on Ray actors of this machine or a cluster; one that died or hangs is replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic

import ray

from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED, Additions, OperationFile, TaskFile
from evosearch.plugins.operations import load_operations_text
from evosearch.plugins.tasks import load_task_file
from evosearch.search.by_name import pack, unpack
from evosearch.search.process import configure_process
from evosearch.search.work import Pending, T

_ATTEMPTS = 3


class _Worker:
    """Is an actor: a configured process that calls functions."""

    def __init__(
        self, operation_files: tuple[OperationFile, ...], task_files: tuple[TaskFile, ...]
    ) -> None:
        configure_process()
        self._additions = NOTHING_ADDED
        for operations in operation_files:
            source = f"operations {operations.digest[:12]}"
            self._additions = load_operations_text(operations.text, source, self._additions)
        for task in task_files:
            source = f"task file {task.digest[:12]}"
            _, self._additions = load_task_file(task, source, self._additions)

    def call(self, message: bytes) -> bytes:
        """Calls a packed function with its packed arguments; packs the result."""
        function, arguments = unpack(message, self._additions)
        return pack(function(*arguments), self._additions)


class RayActors:
    """Gives work to the actor with the least to do; replaces an actor that died or hangs."""

    def __init__(self, workers: int, additions: Additions, deadline: float) -> None:
        self._additions = additions
        self.deadline = deadline
        self._remote: Any = ray
        worker = self._remote.remote(num_cpus=1)(_Worker)
        files = additions.operation_files, tuple(additions.task_files.values())
        self._make: Callable[[], Any] = lambda: worker.remote(*files)
        self._actors: list[Any] = [self._make() for _ in range(workers)]
        self._load = [0] * workers

    def submit(self, function: Callable[..., T], *arguments: Any) -> Pending[T]:
        """Sends the call `function(*arguments)` to an actor at once."""
        return _RayPending(self, pack((function, arguments), self._additions))

    def opened(self, result: bytes) -> Any:
        """Unpacks what an actor gave as the result of its work."""
        return unpack(result, self._additions)

    def start(self, message: bytes) -> tuple[Any, Any]:
        """Gives work to the actor with the least to do; returns actor and result reference."""
        place = self._load.index(min(self._load))
        self._load[place] += 1
        actor = self._actors[place]
        return actor, actor.call.remote(message)

    def finish(self, actor: Any) -> None:
        """Notes that one piece of work of this actor is done."""
        if actor in self._actors:
            self._load[self._actors.index(actor)] -= 1

    def replace(self, actor: Any) -> None:
        """Puts a new actor in the place of one that failed, unless that was done already."""
        if actor in self._actors:
            place = self._actors.index(actor)
            self._remote.kill(actor)
            self._actors[place], self._load[place] = self._make(), 0


class _RayPending(Generic[T]):
    """Stands for work that an actor has begun; if the actor fails, it is begun again elsewhere."""

    def __init__(self, actors: RayActors, message: bytes) -> None:
        self._actors, self._message = actors, message
        self._actor, self._reference = actors.start(message)

    def result(self) -> T:
        """Waits for the result, or raises what the work raised.

        Raises:
            EvosearchError: several actors died or hung over it.
        """
        for _ in range(_ATTEMPTS):
            try:
                value = ray.get(self._reference, timeout=self._actors.deadline)
            except (ray.exceptions.RayActorError, ray.exceptions.GetTimeoutError):
                self._actors.replace(self._actor)
                self._actor, self._reference = self._actors.start(self._message)
            else:
                self._actors.finish(self._actor)
                result: T = self._actors.opened(value)
                return result
        raise EvosearchError(
            f"a batch of work failed on {_ATTEMPTS} workers in a row; "
            "check their memory, then `evosearch resume` the run"
        )
