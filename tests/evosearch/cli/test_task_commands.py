"""What `tasks` tells, and what it measures."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from evosearch.scoring.yardstick import BUDGET
from evosearch.search import yardsticks
from proxies import SUITES, TASKS
from tests.support.commands import Run, read
from tests.support.user_files import task_text

TASK_KEYS = {
    *("name", "summary", "digest", "suites", "parameters", "steps", "batch_size"),
    *("flops_per_step", "replica_step_seconds", "candidate_seconds", "machine"),
    *("yardstick", "default_adamw", "budget", "resolution", "paired_resolution", "foresight"),
    *("verdict", "reasons"),
}


def test_tasks_as_json(run: Run) -> None:
    """Every task, with its cost and what was measured of it."""
    records = read(run("tasks", "--json"))
    assert [record["name"] for record in records] == list(TASKS)
    seconds: dict[str, float] = {}
    for record in records:
        assert set(record) == TASK_KEYS
        task = TASKS[record["name"]]
        assert record["steps"] == task.steps
        assert record["parameters"] == sum(p.numel() for p in task.model().parameters())
        # The loss of an example takes more than two operations per parameter that it meets.
        assert record["flops_per_step"] > 2 * record["parameters"]
        assert set(record["suites"]) == {s for s, names in SUITES.items() if task.name in names}
        for suite in record["suites"]:
            seconds[suite] = seconds.get(suite, 0.0) + (record["candidate_seconds"] or math.nan)
        if record["yardstick"] is None:
            assert record["verdict"] == "not measured"
            continue
        assert [point["steps"] for point in record["yardstick"]][2] == task.steps
        for point in record["yardstick"]:
            assert set(point) == {"steps", "rate", "constants", "loss"}
            assert set(point["constants"]) == {"beta1", "beta2", "eps"}
        assert record["resolution"] > 0
        assert record["paired_resolution"] > 0
        replicas = BUDGET * task.steps * record["replica_step_seconds"]
        assert record["candidate_seconds"] == pytest.approx(replicas)
    for record in records:
        for suite, total in record["suites"].items():
            # Not known where one of its tasks was not measured.
            assert total == (None if math.isnan(seconds[suite]) else pytest.approx(seconds[suite]))


def test_tasks_named_are_the_ones_listed(run: Run) -> None:
    """By name, suite or option; each once."""
    arguments = ("tasks", "digit_images", "--task", "micro", "digit_images", "--json")
    assert [r["name"] for r in read(run(*arguments))] == ["digit_images", *SUITES["micro"]]
    outcome = run("tasks", "logistic")
    assert outcome.status == 0
    assert outcome.out.startswith("logistic: logistic regression")
    assert "264 parameters, 100 steps of 64 examples" in outcome.out
    assert "digit_images" not in outcome.out


def test_a_time_that_is_asked_for_is_measured(run: Run) -> None:
    """It replaces the one on record, and is kept."""
    (before,) = read(run("tasks", "logistic", "--json"))
    (record,) = read(run("tasks", "logistic", "--time", "--json"))
    assert record["replica_step_seconds"] != before["replica_step_seconds"]
    assert record["replica_step_seconds"] > 0
    assert read(run("tasks", "logistic", "--json")) == [record]
    assert {k: record[k] for k in TASK_KEYS - CHANGED} == {
        k: before[k] for k in TASK_KEYS - CHANGED
    }


CHANGED = {"replica_step_seconds", "candidate_seconds", "machine", "suites"}


def test_what_is_known_can_be_saved(run: Run, tmp_path: Path) -> None:
    """As a table by task; rows of other tasks stay."""
    (tmp_path / "t.json").write_text('{"chess": {}}', encoding="utf-8")
    assert run("tasks", "logistic", "--save", "t.json").status == 0
    table = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert set(table) == {"chess", "logistic"}
    assert table["logistic"]["steps"] == TASKS["logistic"].steps


@pytest.mark.slow
def test_a_search_finds_what_qualify_measured(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both look in one folder, wherever the run lies."""
    (tmp_path / "mine.py").write_text(task_text(1.0), encoding="utf-8")
    budget = 6
    monkeypatch.setattr(yardsticks, "BUDGET", 2)  # as if this were usual
    measured = run("tasks", "mine.py:MINE", "--qualify", "--budget", str(budget), "--json")
    assert measured.status == 0
    assert measured.err == "measuring mine\n"
    (record,) = json.loads(measured.out)
    assert record["verdict"] != "not measured"
    assert record["budget"] == budget
    assert len({tuple(point["constants"].values()) for point in record["yardstick"]}) > 1
    assert record["default_adamw"]["constants"] == {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    shown = run("tasks", "mine.py:MINE").out
    assert f"tuned AdamW, {budget} trainings at each number of steps" in shown
    for point in (*record["yardstick"], record["default_adamw"]):
        assert f"loss {point['loss']:.4g}" in shown
        if point is not record["default_adamw"]:
            assert f"beta1 {point['constants']['beta1']:.6g}" in shown
    settings = {"seeds": 1, "finalists": 1, "fresh_seeds": 2, "compile": "false", "block": 2}
    settings["budget"] = 2
    values = [f"--set={key}={value}" for key, value in settings.items()]
    options = ["--task", "mine.py:MINE", "--evaluations", "2", "--population", "2", *values]
    searched = run("search", *options, "--out", tmp_path / "elsewhere" / "run")
    assert searched.status == 0
    assert "AdamW's yardstick" not in searched.err
    # And what is known is not measured again.
    assert run("tasks", "mine.py:MINE", "--qualify").err == ""
