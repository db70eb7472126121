"""What is told of tasks, for people and as JSON."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evosearch.scoring.qualification_records import save
from evosearch.scoring.task_facts import TaskFacts, suite_text, task_record, task_text
from proxies import SUITES, TASKS
from tests.support.qualifications import made
from tests.support.tiny_task import TINY


def test_a_task_that_was_not_measured_says_so(tmp_path: Path) -> None:
    """It has costs that follow from its model, and no more."""
    facts = TaskFacts(TINY, None, None)
    record = task_record(facts, tmp_path)
    assert (record["parameters"], record["steps"], record["batch_size"]) == (4, 16, 8)
    assert record["verdict"] == "not measured"
    assert record["candidate_seconds"] is record["yardstick"] is record["resolution"] is None
    assert (record["suites"], record["reasons"]) == ({}, [])
    assert task_text(facts).splitlines()[1:] == [
        "  in no suite; 4 parameters, 16 steps of 8 examples, "
        f"{record['flops_per_step'] / 1e6:.3g} MFLOP per step",
        "  not measured yet; --qualify does",
    ]


def test_a_task_that_was_measured_has_a_verdict_with_its_reasons(tmp_path: Path) -> None:
    """What was not measured is among them."""
    part = made((2.0, 1.8, 1.6))
    facts = TaskFacts(replace(TINY, steps=100), part, part.replica_step_seconds)
    record = task_record(facts, tmp_path)
    assert [(p["steps"], p["loss"]) for p in record["yardstick"]] == [
        (25, pytest.approx(2.0)),
        (50, pytest.approx(1.8)),
        (100, pytest.approx(1.6)),
    ]
    assert record["verdict"] == "not fully qualified"
    assert record["reasons"] == ["not measured at 2, 4 times the steps"]
    assert record["candidate_seconds"] == pytest.approx(8 * 100 * 1e-3)
    lines = task_text(facts).splitlines()
    assert lines[2] == "  1000 µs per replica-step, 0.8 s per candidate at 4 rates and 2 seeds"
    assert lines[3] == "  AdamW's loss: 2 at 25, 1.8 at 50, 1.6 at 100 steps"
    assert lines[-1] == "  not fully qualified; not measured at 2, 4 times the steps"


def test_a_suite_costs_what_its_tasks_cost_together(tmp_path: Path) -> None:
    """As measured on this machine, where that was done."""
    total = 0.0
    for number, name in enumerate(SUITES["micro"], start=1):
        own = replace(made(), task=name, digest=TASKS[name].digest())
        save(tmp_path, TASKS[name], replace(own, replica_step_seconds=number * 1e-3))
        total += 8 * TASKS[name].steps * number * 1e-3
    names = ", ".join(SUITES["micro"])
    assert suite_text("micro", tmp_path) == f"suite micro: {names}; {total:.2g} s per candidate"
