"""An outcome as a file."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from evosearch.validation.outcome import (
    BETTER,
    OPEN,
    OUTCOME,
    Gain,
    Moved,
    OnTask,
    Outcome,
    Standing,
    read_outcome,
    to_record,
    write_outcome,
)

CLEAR, VAGUE = Gain(1.25, 1.1, 1.5), Gain(0.9, 0.0, math.inf)
ON_TASK = OnTask(
    task="digits",
    horizon=2.0,
    steps=400,
    loss=math.inf,
    gain=VAGUE,
    rank=2,
    diverged=0.25,
    learning_rate=1e-3,
    weight_decay=0.01,
    constants={"beta": 0.9},
    sensitivity=(Moved("beta", 0.5, 2.0, False, True),),
)
RULE = Standing(
    name="rule_7",
    origin="candidate 7 of run mine",
    baseline=False,
    text="def rule_7(g):\n    return g\n",
    seeds=3,
    gain=CLEAR,
    verdict=BETTER,
    best="lion",
    over_best=VAGUE,
    over_best_verdict=OPEN,
    evidence=math.inf,
    worst_task="digits",
    by_horizon={"1": CLEAR, "2": VAGUE},
    slope=Gain(0.95, 0.9, 1.0),
    shrinks=False,
    state_bytes=4.0,
    step_time=0.5,
    on_tasks=(ON_TASK,),
)
WHOLE = Outcome(
    suite="final",
    tasks=("digits", "bytes"),
    horizons=(1.0, 2.0),
    budget=48,
    seed=3,
    level=0.025,
    rules=1,
    opening=1,
    openings=2,
    standings=(RULE, replace(RULE, name="lion", baseline=True, slope=None, on_tasks=())),
    replica_steps=123456,
    machine=("torch 2", "a processor"),
)


def test_an_outcome_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Numbers that are infinite, and what is left out, among it."""
    path = write_outcome(tmp_path, WHOLE)
    assert path == tmp_path / OUTCOME
    assert read_outcome(path) == WHOLE
    unopened = replace(WHOLE, opening=None, openings=0, standings=())
    assert read_outcome(write_outcome(tmp_path, unopened)) == unopened


def test_it_is_json_that_others_can_read(tmp_path: Path) -> None:
    """Which knows no infinity."""

    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is no JSON")

    text = write_outcome(tmp_path, WHOLE).read_text(encoding="utf-8")
    record = json.loads(text, parse_constant=refuse)
    assert record == json.loads(json.dumps(to_record(WHOLE), allow_nan=False))
    (rule, _) = record["standings"]
    assert rule["gain"] == {"speedup": 1.25, "low": 1.1, "high": 1.5}
    assert rule["over_best"] == {"speedup": 0.9, "low": 0.0, "high": None}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"standings": [{}]}'])
def test_what_is_no_outcome_is_refused(text: str, tmp_path: Path) -> None:
    """By one of the errors that its reader expects."""
    path = tmp_path / OUTCOME
    path.write_text(text, encoding="utf-8")
    with pytest.raises((ValueError, TypeError, KeyError), match=r"."):
        read_outcome(path)
