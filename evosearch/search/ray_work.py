"""Does work on Ray actors of this machine or a cluster; one that died or hangs is replaced."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, Generic

import ray

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
from evosearch.search.patience import SETTING_UP, Patience
from evosearch.search.ray_errors import require_node, why_not_started
from evosearch.search.ray_worker import OutOfMemory, Place, Worker
from evosearch.search.work import Load, NoWorkers, Pending, T, WorkFailed, in_words

_LOOK = 5.0
"""The seconds for which nothing comes back after which Ray itself is looked at."""
_ATTEMPTS = 3
"""The workers that one piece of work may bring down before it is given up."""


class _Work(Generic[T]):
    """Is a piece of work: what is sent to a worker, and in the end what came of it."""

    def __init__(
        self,
        actors: RayActors,
        call: tuple[Callable[..., T], tuple[Any, ...]],
        loads: Sequence[Load] | None,
        words: str,
    ) -> None:
        self._actors, self.loads, self.words = actors, loads, words
        self.message = actors.packed(call)
        self.answer: bytes | None = None
        """The packed result."""
        self.error: BaseException | None = None
        """What was raised instead."""
        self.brought_down = 0
        """The workers that came to an end over it."""
        self._results: list[T] = []

    @property
    def ended(self) -> bool:
        return self.answer is not None or self.error is not None

    def result(self) -> T:
        """Waits for the result, or raises what the work raised.

        Raises:
            WorkFailed: several workers died or hung over it.
        """
        while not self.ended:
            self._actors.wait()
        if self.answer is None:
            assert self.error is not None
            raise self.error
        if not self._results:
            self._results.append(self._actors.opened(self.answer))
        return self._results[0]


class _Actor:
    """Is a worker as the driver sees it, with the one piece of work that it does."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.place = handle.place.remote()
        self.work: _Work[Any] | None = None
        self.reference: Any = None
        """Stands for the answer to the work, in Ray's words."""
        self.watched = 0.0
        """The seconds for which its answer was waited for."""
        self.started = False
        self.trained = set[tuple[str, str]]()
        """The tasks that it is set up for, each with the device."""

    def begin(self, work: _Work[Any]) -> None:
        """Sends it a piece of work."""
        self.work, self.watched = work, 0.0
        self.reference = self.handle.call.remote(work.message)

    def finish(self) -> None:
        """Notes that its work came to an end."""
        loads = self.work.loads if self.work is not None else None
        self.trained |= {(load.task.name, load.device) for load in loads or ()}
        self.work, self.started = None, True


class RayActors:
    """Gives work to whichever actor is idle, in order; replaces one that died or hangs.

    An actor has one piece of work at a time, and what waits belongs to none, so none is idle while
    there is work, and who fails is to blame. `tell` is told of that in words, and `note` counts it.
    Each of the `wanted` actors has a processor and so many of the cluster's `gpus`, maybe a part of
    one.
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
            *(additions.operation_sources, tuple(additions.task_sources.values())),
            *(here, paths),
        )
        self._actors = [_Actor(self._class.remote(*self._files)) for _ in range(workers)]
        self._waiting = deque[_Work[Any]]()
        self.allowed = Patience(self._begun)

    def submit(
        self, function: Callable[..., T], *arguments: Any, loads: Sequence[Load] = ()
    ) -> Pending[T]:
        """Takes on the call `function(*arguments)`, which an actor begins as soon as it can."""
        self.allowed.get_to_know(loads)
        return self._begun((function, arguments), loads, in_words(loads))

    def _begun(
        self,
        call: tuple[Callable[..., T], tuple[Any, ...]],
        loads: Sequence[Load] | None,
        words: str,
    ) -> _Work[T]:
        work = _Work(self, call, loads, words)
        self._waiting.append(work)
        self._hand_out()
        return work

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
        places: list[Place] = self._remote.get(waiting, timeout=SETTING_UP)
        return places

    def packed(self, call: tuple[Callable[..., Any], tuple[Any, ...]]) -> bytes:
        """Packs a call for an actor."""
        return pack(call, self._additions)

    def opened(self, answer: bytes) -> Any:
        """Unpacks what an actor gave as the result of its work."""
        return unpack(answer, self._additions)

    def wait(self) -> None:
        """Waits until an actor has come to an end of its work, or taken too long over it.

        Raises:
            EvosearchError: no worker came through a few steps of a task, which is named, or Ray has
                ended here.
        """
        busy = {actor.reference: actor for actor in self._actors if actor.work is not None}
        left = {reference: self._left(actor) for reference, actor in busy.items()}
        before = monotonic()
        ended, _ = self._remote.wait([*busy], timeout=max(0.0, min(_LOOK, *left.values())))
        if ended:
            # All that have ended by now, since to ask takes long where there are thousands.
            ended, _ = self._remote.wait([*busy], num_returns=len(busy), timeout=0)
        else:
            require_node()
        seconds = monotonic() - before
        for reference, actor in busy.items():
            actor.watched += seconds
            if reference in ended:
                self._take_in(actor)
            elif self._left(actor) <= 0:
                self._replace(actor, HUNG, f"gave no answer in {actor.watched:.0f} s")
        self._hand_out()

    def _hand_out(self) -> None:
        # One that has not worked yet may still be starting, or wait for a place in the cluster.
        for actor in sorted(self._actors, key=lambda one: not one.started):
            if actor.work is None and self._waiting:
                actor.begin(self._waiting.popleft())

    def _left(self, actor: _Actor) -> float:
        """Gives the seconds for which an actor may go on with its work."""
        assert actor.work is not None, "it is busy"
        new = {(load.task.name, load.device) for load in actor.work.loads or ()} - actor.trained
        setting_up = len(new) + (not actor.started)
        return self.allowed.seconds(actor.work.loads) + setting_up * SETTING_UP - actor.watched

    def _take_in(self, actor: _Actor) -> None:
        """Takes in what came of the work of an actor."""
        work = actor.work
        assert work is not None, "it has come to an end of it"
        try:
            work.answer = self._remote.get(actor.reference)
        except (
            ray.exceptions.RayActorError,
            ray.exceptions.OutOfMemoryError,
            ray.exceptions.ObjectLostError,
        ) as error:
            if getattr(error, "actor_init_failed", False):
                # So would every other.
                work.error = NoWorkers(f"a worker cannot start: {why_not_started(error)}")
                actor.finish()
            else:
                self._replace(actor, DIED, "died")
        except OutOfMemory:
            self._replace(actor, OUT_OF_MEMORY, "ran out of memory")
        except ray.exceptions.RayTaskError as error:
            work.error = error.cause
            actor.finish()
        else:
            actor.finish()

    def _replace(self, actor: _Actor, event: str, why: str) -> None:
        """Puts a new actor in the place of one that failed; its work is the next to be done."""
        work = actor.work
        assert work is not None, "it fails over something"
        work.brought_down += 1
        self.note(event, work.words)
        self._tell(f"a worker {why} over {work.words}; what it had to do goes to others")
        if work.brought_down == _ATTEMPTS:
            self.note(GIVEN_UP, work.words)
            work.error = WorkFailed(f"each of {_ATTEMPTS} workers {why}", work.words)
        else:
            self.note(REPEATED, work.words)
            self._waiting.appendleft(work)
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

    def _end(self, actor: _Actor) -> None:
        """Ends an actor's process, also where that is stopped and hears nothing."""
        self._remote.kill(actor.handle)
        with suppress(Exception):  # it may be gone, or never have said where it is
            place: Place = self._remote.get(actor.place, timeout=0)
            if place.node == self._remote.get_runtime_context().get_node_id():
                os.kill(place.process, signal.SIGKILL)
