"""What is told of Ray's reports on workers that cannot start."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ray.exceptions import ActorDiedError, RaySystemError, RayTaskError

from evosearch.errors import EvosearchError
from evosearch.search.ray_errors import why_not_started


def died(error: Exception) -> ActorDiedError:
    """The report on an actor whose making raised that."""
    text = f"Traceback (most recent call last):\n  File ...\n{type(error).__module__}."
    text += f"{type(error).__qualname__}: {error}\n"
    return ActorDiedError(RayTaskError("Worker.__init__", text, error))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (EvosearchError("t.py:3: FileNotFoundError: data"), "t.py:3: FileNotFoundError: data"),
        (ImportError("no module named x"), "builtins.ImportError: no module named x"),
    ],
)
def test_the_cause_is_the_error_that_was_raised(error: Exception, told: str) -> None:
    """Not Ray's account of who called whom."""
    assert why_not_started(died(error)) == told


def test_other_reports_are_shortened() -> None:
    """To a line that fits a screen; one that says nothing is called by its name."""
    assert why_not_started(RaySystemError("no\n  room " + "x" * 1000)).startswith(
        "System error: no room"
    )
    assert len(why_not_started(RaySystemError("x" * 1000))) == 300
    assert why_not_started(ValueError()) == "ValueError"


_WITHOUT = """
import operator, time, ray
from evosearch.search.executor import executor
with executor(1) as ready:
    assert ready.submit(operator.add, 1, 2).result() == 3
    (raylet,) = ray._private.worker._global_node.all_processes["raylet"]
    raylet.process.kill()
    ready.submit(time.sleep, 3600).result()
"""


@pytest.mark.slow
@pytest.mark.ray
def test_without_rays_own_process_nothing_is_waited_for() -> None:
    """Its end is seen within a minute, and told; work would wait for ever."""
    # In a process of its own, in which Ray is of no more use.
    ended = subprocess.run(
        [sys.executable, "-c", _WITHOUT], capture_output=True, text=True, timeout=600
    )
    assert ended.returncode == 1
    assert (
        "EvosearchError: Ray's own process on this machine, the raylet, has ended" in ended.stderr
    )
