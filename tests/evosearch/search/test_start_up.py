"""Waiting for a cluster's workers: what is asked for and what is free is told, and not for ever."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
import ray

from evosearch.errors import EvosearchError
from evosearch.search import start_up
from evosearch.search.start_up import wait_for_workers


class Slow:
    """Stands for four workers of a cluster; so many have not started, each time one asks."""

    def __init__(self, unstarted: Sequence[int | Exception], clock: list[float]) -> None:
        self.needs, self.wanted = {"CPU": 1.0, "GPU": 0.5}, 4
        self._unstarted, self._clock = iter(unstarted), clock
        self.pauses: list[float] = []

    def unstarted(self, seconds: float) -> int:
        self.pauses.append(seconds)
        self._clock[0] += seconds
        left = next(self._unstarted)
        if isinstance(left, Exception):
            raise left
        return left

    def free(self) -> dict[str, tuple[float, float]]:
        return {"CPU": (3.0, 8.0), "GPU": (0.0, 1.0)}


@pytest.fixture(name="clock")
def _clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that moves only where somebody waits."""
    now = [0.0]
    monkeypatch.setattr(start_up.time, "monotonic", lambda: now[0])
    return now


def waited(ready: Any) -> list[str]:
    """What is told meanwhile."""
    told: list[str] = []
    wait_for_workers(ready, "head:6379", told.append)
    return told


def test_what_is_waited_for_is_told(clock: list[float]) -> None:
    """At once, and then ever more rarely, with what is free."""
    ready = Slow([4, 2, 2, 2, 2, 0], clock)
    first, *later = waited(ready)
    assert first == "waiting for 4 workers of head:6379, each with 1 CPU and 0.5 GPU"
    assert later == [
        f"waiting for {n} of 4 workers, each with 1 CPU and 0.5 GPU; head:6379 has 3 of 8 CPUs and "
        "0 of 1 GPUs free"
        for n in (4, 2, 2, 2, 2)
    ]
    assert ready.pauses == [10, 20, 40, 60, 60, 60]


def test_workers_that_are_there_are_not_waited_for(clock: list[float]) -> None:
    """One line alone is told."""
    assert len(waited(Slow([0], clock))) == 1


def test_no_more_is_hoped_for_after_ten_minutes(clock: list[float]) -> None:
    """Counted from the last worker that started."""
    message = r"no further worker started in 600 s: there lack 1 of 4 workers, each with 1 CPU .*"
    with pytest.raises(EvosearchError, match=message):
        waited(Slow([4, 4, 4, 4, 4, 4, *[1] * 100], clock))
    # 310 s with four, then 600 s with one.
    assert 900 <= clock[0] <= 1000


def test_a_worker_that_cannot_start_is_an_error_in_one_line(clock: list[float]) -> None:
    """As where a node cannot be given the package."""
    error = ray.exceptions.RuntimeEnvSetupError("no space left")
    with pytest.raises(EvosearchError) as raised:
        waited(Slow([3, error], clock))
    told = str(raised.value)
    assert re.fullmatch(r"a worker of head:6379 cannot start: .*no space left.*", told), told
