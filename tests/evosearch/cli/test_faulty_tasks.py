"""A search on a task of the user's that goes wrong in training: one line that names the task."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evosearch.plugins import tasks
from evosearch.search import patience, ray_work, yardsticks
from tests.support.commands import Run

_TASK = """
import os, sys, time
from dataclasses import replace
import numpy as np
from tests.support.tiny_task import NoisyLine, TINY

class Data(NoisyLine):
    calls = 0
    def sample(self, draw, size):
        Data.calls += 1
        if Data.calls > 12:
            {fault}
        return super().sample(draw, size)
    def held_out(self):
        inputs, targets = super().held_out()
        return {held_out}

MINE = replace(TINY, name="mine", data=Data, steps=40)
"""
ARGUMENTS = (
    *(
        "search",
        "--task",
        "mine.py:MINE",
        "--evaluations",
        "2",
        "--population",
        "2",
        "--out",
        "run",
    ),
    *("--set", "compile=false", "--set", "budget=1", "--set", "seeds=1"),
)
FAULTS = {
    "raises": ("raise KeyError('row')", "its data failed in training: KeyError: 'row'"),
    "exits": ("sys.exit('enough')", "its data failed in training: SystemExit: enough"),
    "other shape": (
        "return super().sample(draw, size + draw.integers(9))",
        r"its (data|model or loss) failed in training: .*",
    ),
    "NaN": (
        "return tuple(np.nan * part for part in super().sample(draw, size))",
        r"its loss is nan, for 24 of 24 numbers in the inputs of the batch of seed \d+ and step "
        r"\d+ are NaN or infinite; give finite ones",
    ),
}
"""What the data do after a few batches, and what is said of it."""


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    """AdamW is tuned with little."""
    monkeypatch.setattr(yardsticks, "BUDGET", 1)


def write(folder: Path, fault: str = "pass", held_out: str = "inputs, targets") -> None:
    text = _TASK.format(fault=fault, held_out=held_out)
    (folder / "mine.py").write_text(text, encoding="utf-8")


def told(run: Run, *more: str) -> str:
    """What the search says in the end, when it is refused; nobody has a fitness then."""
    status, out, err = run(*ARGUMENTS, *more)
    assert status == 2
    # Of a worker that died Ray itself prints a line, which nothing public turns off.
    assert out == "" or more
    assert "Traceback" not in err
    counts = json.loads(run("status", "run", "--json").out)
    assert (counts["generated"], counts["best"]) == (0, None)
    return [line for line in err.splitlines() if line.startswith("evosearch: ")][-1]


@pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS)
def test_a_task_that_goes_wrong_late_is_named(
    fault: str, message: str, run: Run, tmp_path: Path
) -> None:
    """In this process, when it was found sound before."""
    write(tmp_path, fault)
    assert re.fullmatch(f"evosearch: task 'mine': {message}", told(run))


def test_a_task_on_which_nothing_can_win_is_refused(run: Run, tmp_path: Path) -> None:
    """Rather than that chance decides; what was measured of it is not kept for the next search."""
    write(tmp_path, held_out="0 * inputs[:1], 1e10 + 0 * targets[:1]")
    message = "task 'mine': the loss of tuned AdamW is the same from 10 to 160 steps .*"
    assert re.fullmatch(f"evosearch: {message}", told(run))
    assert not list((tmp_path / "runs").glob("yardsticks/*"))


def test_a_task_that_takes_long_to_load_is_told_of(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that never ends cannot be told from one that is slow; Ctrl-C ends it."""
    monkeypatch.setattr(tasks, "_OVERDUE", 0.05)
    write(tmp_path, held_out="time.sleep(0.4) or (inputs, targets)")
    status, _, err = run("tasks", "mine.py:MINE")
    assert status == 0
    assert err.startswith("evosearch: mine.py: MINE: loading and checking it has taken 0 s;")


@pytest.mark.ray
@pytest.mark.filterwarnings("ignore:a worker")
@pytest.mark.parametrize(
    ("fault", "message", "event"),
    [
        ("raise KeyError('row')", "task 'mine': its data failed in training: KeyError.*", None),
        pytest.param(
            "os._exit(1)",
            "each of 3 workers died over a few steps of task mine; see .*",
            "died",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "time.sleep(1000)",
            "each of 3 workers gave no answer in 15 s over a few steps of task mine; see .*",
            "hung",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["raises", "kills", "loops"],
)
def test_a_task_that_goes_wrong_on_workers_is_named(
    fault: str,
    message: str,
    event: str | None,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What kills or stops a worker ends the search after three of them, and is counted."""
    # The task's file imports from the tests, in the workers too.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    if event == "hung":  # no worker comes to an end here, be it slow to start or not
        monkeypatch.setattr(patience, "_LEAST", 5.0)
        monkeypatch.setattr(ray_work, "SETTING_UP", 5.0)
    write(tmp_path, fault)
    assert re.fullmatch(f"evosearch: {message}", told(run, "--workers", "1"))
    failures = json.loads(run("status", "run", "--json").out)["failures"]
    if event is None:
        assert not any(failures.values())
    else:
        assert failures[event] == 3
        assert failures["given_up"] == 1
