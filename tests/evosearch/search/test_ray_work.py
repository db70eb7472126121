"""Work on Ray: the same results as here, whatever happens to a worker."""

from __future__ import annotations

import operator
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import ray

from evosearch.search import patience
from evosearch.search.executor import executor
from evosearch.search.pace import step_seconds
from evosearch.search.ray_work import RayActors
from evosearch.search.work import Load, WorkFailed
from proxies import TASKS

pytestmark = pytest.mark.ray
FEW = [Load(TASKS["quadratic"], 1, "cpu")]
"""Work that is expected to take no time at all."""


@contextmanager
def impatient() -> Iterator[RayActors]:
    """Two workers that have started, and that may take four seconds over what takes no time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patience, "_LEAST", 4.0)
        with executor(2) as ready:
            assert isinstance(ready, RayActors)
            started(ready)
            yield ready


def started(ready: RayActors) -> None:
    """Waits until both have done something, after which they may not take longer to set up."""
    ready.allowed.get_to_know(FEW)
    ready.allowed._paces["quadratic", "cpu"].result()
    for pending in [ready.submit(time.sleep, 0.1, loads=FEW) for _ in range(2)]:
        pending.result()


@pytest.fixture(scope="module", name="ready")
def _ready() -> Iterator[RayActors]:
    """The same for all tests, since Ray takes long to start."""
    with impatient() as ready:
        yield ready


def once(marker: Path, fault: str) -> str:
    """An expression that does something bad the first time it is evaluated."""
    there = f"__import__('pathlib').Path({str(marker)!r})"
    return f"{there}.exists() or ({there}.touch(), {fault})"


@pytest.mark.filterwarnings("ignore:a worker")
@pytest.mark.parametrize(
    "fault",
    [
        "__import__('os')._exit(1)",
        pytest.param("__import__('time').sleep(1000)", marks=pytest.mark.slow),
        "__import__('os').kill(__import__('os').getpid(), 19)",
        pytest.param("[0] * 10**15", marks=pytest.mark.slow),
    ],
    ids=["dies", "hangs", "is stopped", "memory"],
)
def test_a_worker_that_fails_is_replaced(ready: RayActors, tmp_path: Path, fault: str) -> None:
    """It costs nothing but time; what stood behind it is done too, and its process is gone."""
    started(ready)
    processes = {place.process for place in ready.places()}
    before = [ready.submit(operator.mul, n, n, loads=FEW) for n in range(4)]
    bad = ready.submit(eval, once(tmp_path / "marker", fault), loads=FEW)
    after = [ready.submit(operator.add, n, 1, loads=FEW) for n in range(4)]
    assert [pending.result() for pending in after] == [1, 2, 3, 4]
    assert bad.result() is True
    assert [pending.result() for pending in before] == [0, 1, 4, 9]
    (gone,) = processes - {place.process for place in ready.places()}
    assert ends([gone])
    assert (tmp_path / "marker").exists()


def ends(processes: list[int]) -> bool:
    """Waits for processes to end."""
    for _ in range(200):
        if not any(map(alive, processes)):
            return True
        time.sleep(0.1)
    return False


def alive(process: int) -> bool:
    """Tells whether a process is there, and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.filterwarnings("ignore:a worker")
def test_work_that_brings_every_worker_down_is_given_up(ready: RayActors) -> None:
    """What stands beside it is done all the same."""
    bad = ready.submit(os._exit, 1, loads=FEW)
    good = [ready.submit(operator.add, n, 1, loads=FEW) for n in range(6)]
    with pytest.raises(WorkFailed, match="each of 3 workers died over"):
        bad.result()
    assert [pending.result() for pending in good] == [1, 2, 3, 4, 5, 6]


@pytest.mark.slow
def test_a_worker_that_is_busy_is_left_alone(
    ready: RayActors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where much is expected, it may take longer; work of which nothing is known too."""
    monkeypatch.setattr(patience, "_TIMES", 1e9)
    started(ready)
    before = ready.places()
    for loads in ([Load(TASKS["quadratic"], 10**6, "cpu")], []):
        assert ready.submit(time.sleep, 3.0, loads=loads).result() is None
    assert ready.places() == before


@pytest.mark.slow
def test_a_worker_may_take_longer_over_a_task_that_is_new_to_it(ready: RayActors) -> None:
    """It makes the data and compiles the model then, however little there is to train."""
    started(ready)
    before = ready.places()
    new = [Load(TASKS["spirals"], 1, "cpu")]
    for pending in [ready.submit(time.sleep, 4.0, loads=new) for _ in range(2)]:
        assert pending.result() is None
    assert ready.places() == before


def test_an_idle_worker_takes_what_waits(ready: RayActors) -> None:
    """Work belongs to no worker before it is begun: one that is long at work holds nothing up."""
    started(ready)
    long = ready.submit(time.sleep, 1.5, loads=FEW)
    short = [ready.submit(time.monotonic, loads=FEW) for _ in range(6)]
    long.result()
    ended = time.monotonic()
    assert all(one.result() < ended - 0.5 for one in short)


def test_a_measurement_may_stand_behind_the_work_that_needs_it(ready: RayActors) -> None:
    """As where its worker died and it begins again: then nothing is known of the work ahead."""
    started(ready)
    task = TASKS["logistic"]
    loads = [Load(task, 1, "cpu")]
    work = [ready.submit(time.sleep, 0.1, loads=loads) for _ in range(4)]
    behind: Any = ready.submit(step_seconds, task, "cpu", loads=FEW)
    ready.allowed._paces["logistic", "cpu"] = behind
    assert [one.result() for one in work] == [None] * 4
    assert behind.result() > 0


def test_an_error_in_the_work_itself_is_not_tried_again(ready: RayActors) -> None:
    """Bad work fails at once, with its own error; its worker goes on."""
    started(ready)
    before = ready.places()
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        ready.submit(operator.truediv, 1, 0).result()
    assert ready.submit(operator.truediv, 1, 2).result() == 0.5
    assert ready.places() == before


def test_a_result_may_be_asked_for_twice(ready: RayActors) -> None:
    """It is the same."""
    pending: Any = ready.submit(operator.add, 1, 2)
    assert (pending.result(), pending.result()) == (3, 3)


def test_no_process_is_left(ready: RayActors) -> None:
    """Not even of a worker that was stopped before the end."""
    processes = [place.process for place in ready.places()]
    os.kill(processes[0], signal.SIGSTOP)
    # What the fixture does at its end.
    ray.shutdown()
    assert ends(processes)
