"""Does work on Ray actors of this machine or a cluster; one that died or hangs is replaced."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Generic

import ray

from evosearch.errors import EvosearchError
from evosearch.plugins.additions import Additions
from evosearch.search.by_name import pack, unpack
from evosearch.search.failures import (
    DIED,
    GIVEN_UP,
    HUNG,
    OUT_OF_MEMORY,
    REPEATED,
    Note,
    unnoted,
)
from evosearch.search.gpus import most_workers
from evosearch.search.pace import step_seconds
from evosearch.search.ray_worker import OutOfMemory, Place, Worker
from evosearch.search.work import Load, Pending, T, WorkFailed, in_words

_ATTEMPTS = 3
"""The workers that one piece of work may bring down before it is given up."""
_MOST_TRIES = 8
"""The workers that may come to an end while it waits, by its own fault or another's."""
_PATIENCE = 4.0
"""How many times the expected time a worker may take over a piece of work."""
_LEAST = 30.0
"""The seconds that it may take in any case."""
_UNKNOWN = 1800.0
"""The seconds that it may take where nothing is expected."""
_SETTING_UP = 180.0
"""The seconds that a new worker may take to start and to load files, and any worker to make the
data of a task that it has not trained yet and to compile its model."""


class _Actor:
    """Is a worker as the driver sees it, with what it has to do."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.place = handle.place.remote()
        self.work: dict[Any, Sequence[Load] | None] = {}
        """What each piece of work trains, by the reference of its result, in their order."""
        self.started = False
        self.trained = set[tuple[str, str]]()
        """The tasks that it is set up for, each with the device."""

    def finish(self, reference: Any) -> None:
        """Notes that a piece of work came to an end."""
        self.started = True
        self.trained |= {
            (load.task.name, load.device) for load in self.work.pop(reference, ()) or ()
        }


class RayActors:
    """Gives work to the actor with the least to do; replaces an actor that died or hangs.

    `tell` is told of that in words, and `note` counts it. Each of the `wanted` actors has a
    processor and so many of the cluster's `gpus`, maybe a part of one.
    """

    def __init__(
        self,
        workers: int,
        additions: Additions,
        tell: Callable[[str], None],
        gpus: float = 0.0,
        note: Note = unnoted,
    ) -> None:
        self._additions, self._tell, self.note = additions, tell, note
        self._remote: Any = ray
        self._gpus, self.wanted = gpus, workers
        self._class = self._remote.remote(num_cpus=1, num_gpus=gpus)(Worker)
        here = os.getcwd()
        paths = tuple(one or here for one in sys.path)
        self._files = (
            *(additions.operation_files, tuple(additions.task_files.values())),
            *(here, paths),
        )
        self._actors = [_Actor(self._class.remote(*self._files)) for _ in range(workers)]
        self._paces: dict[tuple[str, str], Pending[float]] = {}
        """The seconds of a replica's step, by task and device."""
        self._waited_for: set[tuple[str, str]] = set()
        """Those of which the measurement is waited for just now."""

    def submit(
        self, function: Callable[..., T], *arguments: Any, loads: Sequence[Load] = ()
    ) -> Pending[T]:
        """Sends the call `function(*arguments)` to an actor at once."""
        for load in loads:
            if (load.task.name, load.device) not in self._paces:
                few = pack((step_seconds, (load.task, load.device)), self._additions)
                work = f"a few steps of task {load.task.name}"
                self._paces[load.task.name, load.device] = _RayPending(self, few, None, work)
        message = pack((function, arguments), self._additions)
        return _RayPending(self, message, loads, in_words(loads))

    @property
    def needs(self) -> dict[str, float]:
        """Says what each actor takes of the cluster, by Ray's names."""
        return {"CPU": 1.0} | ({"GPU": self._gpus} if self._gpus else {})

    def free(self) -> dict[str, tuple[float, float]]:
        """Says how much of what actors take the cluster has free, and how much in all."""
        free, total = self._remote.available_resources(), self._remote.cluster_resources()
        return {name: (free.get(name, 0.0), total.get(name, 0.0)) for name in self.needs}

    def unstarted(self, seconds: float) -> int:
        """Waits so long at most for all actors to start; counts those that have not.

        Raises:
            RayError: one cannot start.
        """
        waiting = [actor.place for actor in self._actors]
        there, rest = self._remote.wait(waiting, num_returns=len(waiting), timeout=seconds)
        self._remote.get(there)
        return len(rest)

    def places(self) -> list[Place]:
        """Waits until all actors have started, and says where each runs.

        Raises:
            GetTimeoutError: some have not, in minutes.
        """
        waiting = [actor.place for actor in self._actors]
        places: list[Place] = self._remote.get(waiting, timeout=_SETTING_UP)
        return places

    def opened(self, result: bytes) -> Any:
        """Unpacks what an actor gave as the result of its work."""
        return unpack(result, self._additions)

    def start(self, message: bytes, loads: Sequence[Load] | None) -> tuple[_Actor, Any]:
        """Gives work to the actor with the least to do; returns actor and result reference."""
        actor = min(self._actors, key=lambda one: len(one.work))
        reference = actor.handle.call.remote(message)
        actor.work[reference] = loads
        return actor, reference

    def patience(self, actor: _Actor, reference: Any) -> float:
        """Gives the seconds in which an actor must have a result, if it begins to work now."""
        total = 0.0 if actor.started else _SETTING_UP
        trained = set(actor.trained)
        for one, loads in list(actor.work.items()):
            new = {(load.task.name, load.device) for load in loads or ()} - trained
            trained |= new
            total += self._allowed(loads) + len(new) * _SETTING_UP
            if one == reference:
                break
        return total

    def replace(self, actor: _Actor, event: str, why: str, work: str) -> None:
        """Puts a new actor in the place of one that failed, unless that was done already."""
        if actor not in self._actors:
            return
        self.note(event, work)
        self._tell(f"a worker {why} over {work}; what it had to do goes to others")
        self._end(actor)
        if self._gpu_is_lost() and len(self._actors) > 1:
            self._actors.remove(actor)
            return
        made = self._class
        if self._remote.available_resources().get("CPU", 0.0) < 1:
            # What a lost node had is gone; the others share what is left.
            made = made.options(num_cpus=0)
        self._actors[self._actors.index(actor)] = _Actor(made.remote(*self._files))

    def _gpu_is_lost(self) -> bool:
        """Tells whether a lost node had the GPUs of an actor, which no other can take then."""
        if not self._gpus:
            return False
        there = self._remote.cluster_resources().get("GPU", 0.0)
        return most_workers(self._gpus, there) < len(self._actors)

    def _allowed(self, loads: Sequence[Load] | None) -> float:
        """Gives the seconds that a piece of work may take; None stands for a few steps of a task.

        Raises:
            EvosearchError: no worker came through a few steps of a task, which is named.
        """
        if loads is None:
            return 2 * _LEAST  # it is there to find out, and makes the task's data besides
        if not loads:
            return _UNKNOWN
        paces = [self._pace(load) for load in loads]
        if None in paces:
            return _UNKNOWN
        seconds = sum((p or 0.0) * load.replica_steps for p, load in zip(paces, loads, strict=True))
        return max(_LEAST, _PATIENCE * seconds)

    def _pace(self, load: Load) -> float | None:
        """Gives the seconds of a replica's step of a task.

        It is None while it is being waited for: the measurement may stand behind work whose own
        patience would ask for it.

        Raises:
            EvosearchError: no worker came through a few steps of the task, which is named.
        """
        key = load.task.name, load.device
        if key in self._waited_for:
            return None
        self._waited_for.add(key)
        try:
            return self._paces[key].result()
        except WorkFailed as failure:
            # Not a fault of the work whose patience asked.
            raise EvosearchError(str(failure)) from None
        finally:
            self._waited_for.discard(key)

    def _end(self, actor: _Actor) -> None:
        """Ends an actor's process, also where that is stopped and hears nothing."""
        self._remote.kill(actor.handle)
        with suppress(Exception):  # it may be gone, or never have said where it is
            place: Place = self._remote.get(actor.place, timeout=0)
            if place.node == self._remote.get_runtime_context().get_node_id():
                os.kill(place.process, signal.SIGKILL)


class _RayPending(Generic[T]):
    """Stands for work that an actor has begun; if the actor fails, it is begun again elsewhere."""

    def __init__(
        self, actors: RayActors, message: bytes, loads: Sequence[Load] | None, work: str
    ) -> None:
        self._actors, self._message, self._loads = actors, message, loads
        self._work = work
        self._actor, self._reference = actors.start(message, loads)
        self._known: list[T] = []

    def result(self) -> T:
        """Waits for the result, or raises what the work raised.

        Raises:
            WorkFailed: several actors died or hung over it.
        """
        if not self._known:
            self._known.append(self._waited_for())
        return self._known[0]

    def _waited_for(self) -> T:
        blamed = tries = 0
        while True:
            patience = self._actors.patience(self._actor, self._reference)
            # Where it stands behind other work, that may be to blame.
            first = next(iter(self._actor.work), None) == self._reference
            try:
                value = ray.get(self._reference, timeout=patience)
            except ray.exceptions.GetTimeoutError:
                event, why = HUNG, f"gave no answer in {patience:.0f} s"
            except (ray.exceptions.RayActorError, ray.exceptions.OutOfMemoryError):
                event, why = DIED, "died"
            except OutOfMemory:
                event, why = OUT_OF_MEMORY, "ran out of memory"
            except ray.exceptions.RayTaskError as error:
                self._actor.finish(self._reference)
                raise error.cause from error
            except BaseException:
                self._actor.finish(self._reference)
                raise
            else:
                self._actor.finish(self._reference)
                result: T = self._actors.opened(value)
                return result
            self._actors.replace(self._actor, event, why, self._work)
            blamed, tries = blamed + first, tries + 1
            if blamed == _ATTEMPTS or tries == _MOST_TRIES:
                self._actors.note(GIVEN_UP, self._work)
                raise WorkFailed(f"each of {tries} workers {why}", self._work)
            self._actors.note(REPEATED, self._work)
            self._actor, self._reference = self._actors.start(self._message, self._loads)
