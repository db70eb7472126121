"""Waits for the workers of a cluster to start, and says what for."""

from __future__ import annotations

import time
from collections.abc import Callable

import ray

from evosearch.search.ray_errors import why_not_started
from evosearch.search.ray_work import RayActors
from evosearch.search.work import NoWorkers

_FIRST_PAUSE, _LONGEST_PAUSE = 10.0, 60.0
"""The seconds until it is first told what is free, and the most between two such lines."""
_PATIENCE = 600.0
"""The seconds without any worker that starts after which no more is hoped for."""


def wait_for_workers(ready: RayActors, address: str, tell: Callable[[str], None]) -> None:
    """Waits until all workers have started; now and then `tell` is told what is asked for and free.

    Raises:
        NoWorkers: for long no further one starts, or one cannot.
    """
    asked = _amounts(ready.needs)
    left = ready.wanted
    tell(f"waiting for {left} workers of {address}, each with {asked}")
    pause, since = _FIRST_PAUSE, time.monotonic()
    while still := _unstarted(ready, pause, address):
        free = _free(ready)
        line = f"{still} of {ready.wanted} workers, each with {asked}; {address} has {free} free"
        now = time.monotonic()
        if still < left:
            left, since = still, now
        elif now - since >= _PATIENCE:
            raise NoWorkers(
                f"no further worker started in {_PATIENCE:.0f} s: there lack {line}; see `ray "
                "status` there, or ask for fewer"
            )
        tell(f"waiting for {line}")
        pause = min(2 * pause, _LONGEST_PAUSE)


def _unstarted(ready: RayActors, seconds: float, address: str) -> int:
    """Waits so long at most, and counts the workers that have not started.

    Raises:
        NoWorkers: one cannot start.
    """
    try:
        return ready.unstarted(seconds)
    except ray.exceptions.RayError as error:
        told = why_not_started(error)
        raise NoWorkers(f"a worker of {address} cannot start: {told}") from None


def _amounts(needs: dict[str, float]) -> str:
    return " and ".join(f"{amount:g} {name}" for name, amount in needs.items())


def _free(ready: RayActors) -> str:
    free = ready.free()
    return " and ".join(f"{left:g} of {total:g} {name}s" for name, (left, total) in free.items())
