"""Tuning one rule by hand: what is told of it, and that it is what a search would do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evosearch.cli import tune_command
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.plugins.tasks import load_tasks
from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.yardstick_cache import save
from evosearch.search.folders import yardstick_folder
from proxies import PLAIN, Task
from tests.support.commands import Outcome, Run, read, refused
from tests.support.made_yardstick import made_yardstick
from tests.support.user_files import task_text

BUDGET = 2
RULE = "def rule(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    return m, m\n"


@pytest.fixture(autouse=True)
def task(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Task:
    """A task that trains in no time; AdamW is tuned with little where it was not yet."""
    assert run  # in whose folder the files are
    monkeypatch.setattr(tune_command, "BUDGET", BUDGET)
    monkeypatch.setattr(tune_command, "_ENGINE", PLAIN)
    (tmp_path / "mine.py").write_text(task_text(1.0), encoding="utf-8")
    (tmp_path / "rule.py").write_text(RULE, encoding="utf-8")
    (name,), additions = load_tasks(["mine.py:MINE"], NOTHING_ADDED)
    return additions.tasks[name]


def tuned(run: Run, *arguments: str) -> Outcome:
    return run("tune", "rule.py", "--task", "mine.py:MINE", *arguments)


def test_the_record_of_a_tuning(run: Run, task: Task) -> None:
    """Rate, constants, the range of each, loss and score; the same each time."""
    save(yardstick_folder(), task, made_yardstick(task))
    outcome = tuned(run, "--budget", "2000", "--json")
    assert outcome.status == 0
    (record,) = json.loads(outcome.out)
    assert (record["task"], record["steps"], record["seeds"]) == ("mine", 40, 8)
    assert set(record["constants"]) == {"beta"}
    assert 0 < record["replica_steps"] <= 2000
    assert [one["name"] for one in record["sensitivity"]] == ["rate", "beta"]
    values = [record["rate"], record["constants"]["beta"]]
    for one, value in zip(record["sensitivity"], values, strict=True):
        assert one["value"] == value
        assert one["low"] <= value <= one["high"]
    low, high = record["interval"]
    assert low <= record["score"] <= high
    assert tuned(run, "--budget", "2000", "--json").out == outcome.out
    assert tuned(run, "--budget", "2000", "--json", "--seed", "1").out != outcome.out


def test_a_tuning_is_told_with_its_progress(run: Run, task: Task) -> None:
    """Progress on stderr; without a budget it is what AdamW gets."""
    save(yardstick_folder(), task, made_yardstick(task))
    outcome = tuned(run)
    assert outcome.status == 0
    assert outcome.err.splitlines() == [
        f"tuning on mine: {BUDGET * ROUNDS * 40} replica-steps",
        "ranges on mine: 1/2 rate",
        "ranges on mine: 2/2 beta",
    ]
    first, second, *ranges = outcome.out.splitlines()
    assert re.match(r"rule on mine: score \S+ \[\S+, \S+\] over tuned AdamW, loss \S+ after", first)
    assert re.match(r"  learning rate \S+$", second)
    assert [line.split()[0] for line in ranges] == ["rate", "beta"]
    assert all("inside the noise from" in line for line in ranges)


@pytest.mark.slow
def test_a_yardstick_that_is_missing_is_measured_and_kept(run: Run) -> None:
    """With what AdamW gets in a search."""
    first, second = tuned(run), tuned(run)
    assert first.err.count("AdamW's yardstick on mine") == 5
    assert "yardstick" not in second.err
    assert first.out == second.out


def test_what_cannot_be_tuned_is_said(run: Run, tmp_path: Path) -> None:
    """A rule that a gate rejects, a task that is none."""
    (tmp_path / "up.py").write_text("def up(g):\n    return -g\n", encoding="utf-8")
    message = refused(run("tune", "up.py", "--task", "mine.py:MINE"))
    assert message.startswith("up.py cannot be trained: ")
    assert message.endswith("(gate 'not-descent')")
    assert refused(run("tune", "rule.py", "--task", "chess")).startswith("no task named 'chess'")


def test_the_best_of_a_run_can_be_tuned(run: Run, task: Task, recorded: Path) -> None:
    """It starts from the constants that the search found."""
    save(yardstick_folder(), task, made_yardstick(task))
    arguments = ("--task", "mine.py:MINE", "--budget", "1", "--json")
    outcome = run("tune", f"{recorded}#best", *arguments)
    assert outcome.status == 0
    (record,) = json.loads(outcome.out)
    assert "beta" in record["constants"]
    assert read(run("top", recorded, "--json"))[0]["id"] > 0
