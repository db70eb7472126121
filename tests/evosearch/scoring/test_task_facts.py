"""What is told of tasks, for people and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evosearch.scoring.qualification_records import save
from evosearch.scoring.task_facts import TaskFacts, suite_text, task_record, task_text
from evosearch.scoring.yardstick import BUDGET, Point
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
    assert record["default_adamw"] is None
    assert record["budget"] == 0
    assert record["verdict"] == "not fully qualified"
    assert record["reasons"] == ["not measured at 2, 4 times the steps"]
    assert record["candidate_seconds"] == pytest.approx(BUDGET * 100 * 1e-3)
    lines = task_text(facts).splitlines()
    assert lines[2] == (
        f"  1000 µs per replica-step, {BUDGET / 10:.2g} s per structure, "
        f"tuned with {BUDGET} trainings"
    )
    assert lines[3] == (
        "  AdamW's loss, its rate alone tuned: 2 at 25, 1.8 at 50, 1.6 at 100 steps"
    )
    assert lines[-1] == "  not fully qualified; not measured at 2, 4 times the steps"


def test_the_setting_that_adamw_was_tuned_to_is_shown(tmp_path: Path) -> None:
    """At each number of steps, with its default constants beside, whose speed-up is below 1."""
    plain = made()
    constants = {n: (0.9 - n / 1000, 0.99, 1e-6) for n in (25, 50, 100, 200, 400)}
    tuned = tuple(replace(p, rate=0.05, constants=constants[p.steps]) for p in plain.points)
    # AdamW loses 0.2 per doubling: 0.1 more is half of one.
    default = Point(100, 0.1, tuple(x + 0.1 for x in tuned[2].losses), (0.9, 0.999, 1e-8))
    own = replace(plain, points=tuned, default=default, budget=288)
    facts = TaskFacts(replace(TINY, steps=100), own, own.replica_step_seconds)
    lines = task_text(facts).splitlines()
    assert lines[3] == "  tuned AdamW, 288 trainings at each number of steps:"
    assert lines[4] == ("       25 steps: loss 2, rate 0.05, beta1 0.875, beta2 0.99, eps 1e-06")
    assert lines[8].endswith("400 steps: loss 1.2, rate 0.05, beta1 0.5, beta2 0.99, eps 1e-06")
    assert lines[9] == (f"    with its default constants: loss 1.7, {2**-0.5:.2f} times as fast")
    record = task_record(facts, tmp_path)
    assert record["budget"] == 288
    assert record["yardstick"][2] == {
        "steps": 100,
        "rate": 0.05,
        "constants": {"beta1": 0.8, "beta2": 0.99, "eps": 1e-6},
        "loss": pytest.approx(1.6),
    }
    assert record["default_adamw"]["constants"] == {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    assert record["default_adamw"]["loss"] == pytest.approx(1.7)


def test_a_suite_costs_what_its_tasks_cost_together(tmp_path: Path) -> None:
    """As measured on this machine, where that was done."""
    total = 0.0
    for number, name in enumerate(SUITES["micro"], start=1):
        own = replace(made(), task=name, digest=TASKS[name].digest())
        save(tmp_path, TASKS[name], replace(own, replica_step_seconds=number * 1e-3))
        total += BUDGET * TASKS[name].steps * number * 1e-3
    names = ", ".join(SUITES["micro"])
    assert suite_text("micro", tmp_path) == f"suite micro: {names}; {total:.2g} s per structure"


def test_a_flat_task_resolves_nothing_in_text_and_json(tmp_path: Path) -> None:
    """No number of hundreds of digits, and no number that JSON lacks."""
    facts = TaskFacts(TINY, made((1.0, 1.0, 1.0, 1.0, 1.0), 0.01), None)
    assert "resolution none per seed, none paired" in task_text(facts)
    record = json.loads(json.dumps(task_record(facts, tmp_path), allow_nan=False))
    assert (record["resolution"], record["paired_resolution"]) == (None, None)
