"""A user's own tasks: any file that holds a sound one works, and others are told what is wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from torch.nn import functional

from evosearch import known_rule
from evosearch.errors import EvosearchError
from evosearch.language.printer import to_text
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.tasks import load_tasks, require_tasks
from evosearch.scoring.evaluation import Entrant, Means, evaluate
from evosearch.scoring.yardstick import MeasuredTask, baseline
from evosearch.search.config_values import make_config
from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.store_writer import StoreWriter
from proxies import SUITES, TASKS, Task
from tests.support.commands import Run
from tests.support.made_yardstick import made_yardstick
from tests.support.small_search import Silent
from tests.support.tiny_task import TINY

EXAMPLE = Path(__file__).parents[3] / "scripts" / "example_task.py"


def waves() -> Additions:
    """The task of the example file."""
    _, additions = load_tasks([f"{EXAMPLE}:WAVES"], NOTHING_ADDED)
    return additions


def test_names_suites_and_files_name_tasks() -> None:
    """In the order given; a file is loaded once, and names itself as its task does."""
    before = dict(TASKS)
    given = ("byte_text", "micro", f"{EXAMPLE}:WAVES", f"{EXAMPLE}:WAVES")
    names, additions = load_tasks(given, NOTHING_ADDED)
    assert names == ("byte_text", *SUITES["micro"], "waves", "waves")
    assert additions.tasks["waves"].steps == 200
    assert set(additions.tasks) - set(TASKS) == {"waves"}
    assert dict(TASKS) == before


SMALL = """
from dataclasses import dataclass
from proxies import Task
from tests.support.tiny_task import NoisyLine, TINY
import numpy as np, torch
from torch import nn
from torch.nn import functional

@dataclass
class Settings:
    width: "int" = 1

class Data(NoisyLine):
    pass

def task(**values):
    return Task(**{**dict(name="mine", summary="a line", model=lambda: nn.Linear(3, 1), data=Data,
        loss=functional.mse_loss, steps=16, batch_size=8, rate=0.1), **values})

class Branching(nn.Linear):
    def forward(self, x):
        y = super().forward(x)
        return y if y.sum() > 0 else -y

class Counting(nn.Linear):
    def forward(self, x):
        self.calls = getattr(self, "calls", 0) + 1
        return super().forward(x) * self.calls

class Idle(nn.Linear):
    def __init__(self):
        super().__init__(3, 1)
        self.spare = nn.Parameter(torch.ones(2))

class Returns(NoisyLine):
    def __init__(self, sample=None, held_out=None):
        self._sample, self._held_out = sample, held_out
    def sample(self, draw, size):
        found = super().sample(draw, size)
        return self._sample(*found) if self._sample else found
    def held_out(self):
        found = NoisyLine.sample(self, np.random.default_rng(7), 16)
        return self._held_out(*found) if self._held_out else found

class Global(NoisyLine):
    count = 0
    def sample(self, draw, size):
        Global.count += 1
        return super().sample(np.random.default_rng(Global.count), size)

class Deaf(NoisyLine):
    def sample(self, draw, size):
        return super().sample(np.random.default_rng(1), size)

MINE = task()
"""

BAD = {
    "syntax": ("def f(:", r"my\.py:1: syntax error, .*"),
    "fails": ("x = 1\nraise ValueError('no')", r"my\.py:2: ValueError: no"),
    "exits": ("raise SystemExit(3)", r"my\.py:1: SystemExit: 3"),
    "empty": ("x = 1", r"my\.py: no 'MINE' in it; expected a variable that holds a Task\(\.\.\.\)"),
    "other name": (SMALL.replace("MINE =", "THEIRS ="), r".* no 'MINE' in it; expected one of TIN"),
    "no task": ("MINE = 5", r"my\.py: MINE: expected a Task, got int"),
    "name taken": (SMALL + "MINE = task(name='byte_text')", r".* named 'byte_text' exists; give"),
    "suite's name": (SMALL + "MINE = task(name='micro')", r".* named 'micro' exists; give the ta"),
    "odd name": (SMALL + "MINE = task(name='a b')", r".*: name must consist of letters, digits a"),
    "no summary": (SMALL + "MINE = task(summary='')", r".*: summary must be a text, got ''"),
    "no model": (SMALL + "MINE = task(model=nn.Linear(3, 1), data=1)", r".*: data must be a func"),
    "no steps": (SMALL + "MINE = task(steps=0)", r".*: steps must be a whole number from 1, got 0"),
    "no rate": (SMALL + "MINE = task(rate=0.0)", r".*: rate must be a number from 1e-12 to 1e\+"),
    "data fail": (SMALL + "MINE = task(data=lambda: 1 / 0)", r".*: its data fail: ZeroDivisionEr"),
    "one array": (
        SMALL + "MINE = task(data=lambda: Returns(sample=lambda x, y: x))",
        r".*: data: sample must return two numpy arrays, inputs and targets",
    ),
    "tensors": (
        SMALL + "MINE = task(data=lambda: Returns(held_out=lambda x, y: (torch.ones(2), y)))",
        r".*: data: held_out must return two numpy arrays, inputs and targets",
    ),
    "unequal": (
        SMALL + "MINE = task(data=lambda: Returns(sample=lambda x, y: (x, y[1:])))",
        r".*: data: sample returned 8 inputs and 7 targets",
    ),
    "wrong size": (
        SMALL + "MINE = task(data=lambda: Returns(sample=lambda x, y: (x[1:], y[1:])))",
        r".*: data: sample was asked for 8 examples and gave 7",
    ),
    "other shapes": (
        SMALL + "MINE = task(data=lambda: Returns(held_out=lambda x, y: (x[:, 1:], y)))",
        r".*: data: inputs are of shape \[3\] in sample, \[2\] in held_out",
    ),
    "global draws": (
        SMALL + "MINE = task(data=Global)",
        r".*: data: sample must depend on the gen",
    ),
    "deaf data": (
        SMALL + "MINE = task(data=Deaf)",
        r".*: data: sample gave the same batch for two",
    ),
    "model fails": (SMALL + "MINE = task(model=lambda: 1 / 0)", r".*: its model fails: ZeroDivis"),
    "a function": (
        SMALL + "MINE = task(model=lambda: abs)",
        r".*: model must build a torch\.nn\.Mo",
    ),
    "nothing to train": (
        SMALL + "MINE = task(model=nn.Identity)",
        r".*: its model has no parameters to train",
    ),
    "other inputs": (
        SMALL + "MINE = task(model=lambda: nn.Linear(4, 1))",
        r".*: its model fails on inputs of shape \[8, 3\]: RuntimeError: mat1 and mat2 .*",
    ),
    "loss fails": (
        SMALL + "MINE = task(loss=lambda a, b: undefined)",
        r".*: its loss fails: NameError: name 'undefined' is not defined",
    ),
    "loss per example": (
        SMALL + "MINE = task(loss=lambda a, b: (a - b).square().mean(1))",
        r".*: its loss must be a scalar tensor, the mean over the batch, got shape \[8\]",
    ),
    "number for a loss": (
        SMALL + "MINE = task(loss=lambda a, b: 1.0)",
        r".*: its loss must be a scalar tensor, the mean over the batch, got float",
    ),
    "infinite loss": (
        SMALL + "MINE = task(loss=lambda a, b: (a / 0).abs().sum())",
        r".*: its loss on the first batch is inf",
    ),
    "no gradient": (
        SMALL + "MINE = task(loss=lambda a, b: (a - b).detach().square().mean())",
        r".*: its loss cannot be differentiated: RuntimeError: .*",
    ),
    "constant": (
        SMALL + "MINE = task(loss=lambda a, b: (0 * a).mean() + 2.5)",
        r".*: its loss, 2\.5, has no gradient but zero, so no rule can train it",
    ),
    "exits in its data": (
        SMALL + "MINE = task(data=lambda: exit(3))",
        r".*: it exits \(3\) where it should return something",
    ),
    "idle parameter": (
        SMALL + "MINE = task(model=Idle)",
        r".*: the loss does not depend on parameter 'spare'; freeze it as a buffer",
    ),
    "batch norm": (
        SMALL + "MINE = task(model=lambda: nn.Sequential(nn.Linear(3, 1), nn.BatchNorm1d(1)))",
        r".*: module '1' \(BatchNorm1d\) cannot run for many replicas at once .*",
    ),
    "branches": (
        SMALL + "MINE = task(model=lambda: Branching(3, 1))",
        r".*: Branching cannot run for many replicas at once \(vmap: .*",
    ),
    "state": (
        SMALL + "MINE = task(model=lambda: Counting(3, 1))",
        r".*: its model or loss gives another value when replicas are stacked .*",
    ),
}
"""Files, and what is said of their MINE."""


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_files_are_explained(text: str, message: str, tmp_path: Path, run: Run) -> None:
    """One line that names file, task and fault; exit status 2."""
    (tmp_path / "my.py").write_text(text, encoding="utf-8")
    status, out, err = run("tasks", "my.py:MINE")
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert re.match("evosearch: " + message, line)


def test_the_good_file_that_the_bad_ones_vary_is_good(tmp_path: Path) -> None:
    """So that each fault above is the one that was put in; dataclasses work in it."""
    (tmp_path / "my.py").write_text(SMALL, encoding="utf-8")
    names, additions = load_tasks([f"{tmp_path / 'my.py'}:MINE"], NOTHING_ADDED)
    assert names == ("mine",)
    assert additions.tasks["mine"].summary == "a line"


def test_missing_files_and_names_are_explained(run: Run) -> None:
    """Wherever a task may be named."""
    for arguments in (
        ("tasks", "none.py:A"),
        ("tasks", "--task", "none.py:A"),
        ("search", "--task", "none.py:A"),
        ("resume", "nowhere", "--task", "none.py:A"),
        ("replay", "nowhere", "--task", "none.py:A"),
    ):
        status, out, err = run(*arguments)
        assert (status, out) == (2, "")
        assert err == "evosearch: none.py: cannot be read (No such file or directory)\n"
    status, _, err = run("tasks", EXAMPLE)
    assert status == 2
    assert err.endswith("expected FILE:NAME; which of the file's tasks?\n")
    status, _, err = run("tasks", "chess")
    assert status == 2
    assert re.fullmatch(
        r"evosearch: no task named 'chess'; known are digit_images, .*, the suites micro, search, "
        r"select, final, and FILE\.py:NAME\n",
        err,
    )


WAVES_LOSSES = (0.2, 0.175, 0.15, 0.125, 0.1)


@pytest.mark.slow
def test_a_search_on_a_users_task_asks_for_its_file(run: Run, tmp_path: Path) -> None:
    """The run is read without the file; trained again, it must be the same file."""
    shutil.copy(EXAMPLE, tmp_path / "mine.py")
    options = {
        "evaluations": 2,
        "population": 2,
        "block": 2,
        "seeds": 1,
        "fresh_seeds": 2,
        "budget": 8,
    }
    options["compile"] = False
    config = make_config(
        options | {"finalists": 1, "tasks": [f"{tmp_path / 'mine.py'}:WAVES"]}, "test"
    )
    assert config.tasks == ("waves",)
    assert set(config.task_files) == {"waves"}
    (task,) = config.training_tasks
    start = to_text(known_rule("adamw"))
    with executor(0) as ready, StoreWriter.create(tmp_path / "run", config, start) as store:
        store.add_yardstick(made_yardstick(task, WAVES_LOSSES))
        search(store, ready, Silent(), tmp_path / "yardsticks")
        assert store.done

    status, out, _ = run("top", "run", "--json")
    assert status == 0
    assert json.loads(out)
    for command in ("resume", "replay"):
        status, out, err = run(command, "run")
        assert (status, out) == (2, "")
        assert re.search(
            r"task 'waves' is of a file that is not loaded .*; add --task FILE:NA", err
        )
    status, out, err = run("replay", "run", "--task", "mine.py:WAVES", "-n", "1")
    assert status == 0, err
    assert "all agree" in out

    (tmp_path / "mine.py").write_text(EXAMPLE.read_text("utf-8") + "# changed\n", "utf-8")
    status, _, err = run("replay", "run", "--task", "mine.py:WAVES")
    assert status == 2
    assert "differs from the file given" in err


def test_a_task_that_this_version_lacks_is_named() -> None:
    """A run of a shipped task that is gone cannot be trained again."""
    with pytest.raises(EvosearchError, match="the run's task 'chess' is not known to this version"):
        require_tasks(("digit_images", "chess"), {}, NOTHING_ADDED)


BESIDE = """
from dataclasses import replace
from pathlib import Path
import numpy as np
from helper import LOSS
from tests.support.tiny_task import TINY
SHIFT = np.load(Path(__file__).parent / "shift.npy")
class Data(TINY.data):
    def sample(self, draw, size):
        inputs, targets = super().sample(draw, size)
        return inputs, targets + np.load(Path(__file__).parent / "shift.npy")
MINE = replace(TINY, name="beside", data=Data, loss=LOSS)
"""


def beside(folder: Path) -> Additions:
    """A task that reads a file beside its own when it is loaded, and in training, and a module."""
    (folder / "mine.py").write_text(BESIDE, encoding="utf-8")
    helper = "from torch.nn.functional import l1_loss as LOSS\n"
    (folder / "helper.py").write_text(helper, encoding="utf-8")
    np.save(folder / "shift.npy", np.float32(2.5))
    _, additions = load_tasks(["mine.py:MINE"], NOTHING_ADDED)
    return additions


def test_what_lies_beside_the_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From wherever it is read later."""
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    task = beside(tmp_path).tasks["beside"]
    monkeypatch.chdir("/")
    plain = TINY.data().sample(np.random.default_rng(0), 4)[1]
    assert np.array_equal(task.data().sample(np.random.default_rng(0), 4)[1], plain + 2.5)
    assert task.loss is functional.l1_loss


@pytest.mark.ray
def test_workers_read_it_and_nothing_of_the_folder_breaks_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files there have the names of modules that workers import: of ours, of Python's, of others'.

    A worker has the driver's folder, too.
    """
    for name in ("primitives", "proxies", "evosearch", "random", "numpy", "click"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not this one')\n", encoding="utf-8")
    monkeypatch.setattr("sys.path", [*sys.path])
    # The task's file imports from the tests, in the workers too.
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLE.parents[1]))
    monkeypatch.chdir(tmp_path)
    additions = beside(tmp_path)
    with executor(1, additions=additions) as ready:
        assert ready.submit(os.getcwd).result() == str(tmp_path)
        assert ready.submit(digest_of, additions.tasks["beside"]).result() == (
            additions.tasks["beside"].digest()
        )


def digest_of(task: Task) -> str:
    return task.digest()


@pytest.mark.slow
@pytest.mark.ray
def test_workers_know_them() -> None:
    """A Ray worker trains on such a task to the same losses as this process."""
    additions = waves()
    task = additions.tasks["waves"]
    measured = MeasuredTask(task, made_yardstick(task, WAVES_LOSSES))
    means = Means(budget=8, seeds=1, hurdle=0.0)
    results = []
    for workers in (0, 1):
        with executor(workers, additions=additions) as ready:
            entrant = Entrant(baseline(), ("a test",))
            work = ready.submit(evaluate, [entrant], [measured], means)
            results.append(work.result())
    assert results[0] == results[1]
    assert results[0][0].tuned["waves"].evaluations
