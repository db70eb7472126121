"""What a validation might have said: two rules and six baselines, at two lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from evosearch.files import append_record
from evosearch.validation.openings import OPENINGS, Opening
from evosearch.validation.outcome import (
    BETTER,
    FOLDER,
    OPEN,
    WORSE,
    Gain,
    Moved,
    OnTask,
    Outcome,
    Standing,
    write_outcome,
)

TASKS = ("spirals_wide", "digits_wide")
HORIZONS = (1.0, 8.0)
TEXT = "def other(g):\n    return g  # <script>alert(1)</script>\n"
BASELINES = ("adamw", "lion", "nadam", "rmsprop", "momentum", "amsgrad")


def gain(speedup: float, reach: float = 0.05) -> Gain:
    return Gain(speedup, speedup - reach, speedup + reach)


def standing(name: str, origin: str, speedup: float, verdict: str, **changes: Any) -> Standing:
    """A rule with the same on every task; only at the first length it has sensitivities."""
    moved = (Moved("rate", 1.5, 2.0, False, True),)
    on_tasks = tuple(
        OnTask(
            task, horizon, int(100 * horizon), 0.75, gain(speedup, 0.25), 3, 0.125, 0.002, 0.01,
            {"beta1": 0.875}, moved if horizon == 1.0 else (),
        )
        for task in TASKS
        for horizon in HORIZONS
    )  # fmt: skip
    whole = Standing(
        name=name,
        origin=origin,
        baseline=name in BASELINES,
        text=TEXT,
        seeds=8,
        gain=gain(speedup),
        verdict=verdict,
        best="nadam",
        over_best=gain(speedup - 0.02),
        over_best_verdict=OPEN,
        evidence=31.5,
        worst_task=TASKS[1],
        by_horizon={"1.0": gain(speedup + 0.1), "8.0": gain(speedup)},
        slope=gain(0.97, 0.01),
        shrinks=True,
        state_bytes=8.0,
        step_time=1.25,
        on_tasks=on_tasks,
    )
    return replace(whole, **changes)


def outcome(rules: Sequence[Standing], **changes: Any) -> Outcome:
    """The rules beside six baselines, on tasks of the first opening of `final`."""
    baselines = [standing(name, f"known rule {name}", 0.9, WORSE) for name in BASELINES]
    whole = Outcome(
        suite="final",
        tasks=TASKS,
        horizons=HORIZONS,
        budget=96,
        seed=0,
        level=0.025,
        rules=len(rules),
        opening=2,
        openings=2,
        standings=(*rules, *baselines),
        replica_steps=123456,
        machine=("torch 2.13.0",),
    )
    return replace(whole, **changes)


def two_rules(run: str) -> tuple[Standing, Standing]:
    """One that is better than AdamW, candidate 1 of the run; and one of which nothing is known."""
    nothing = Gain(1.01, 0.0, float("inf"))
    return (
        standing("rule_1", f"candidate 1 of run {run}", 1.2, BETTER),
        standing("other", "program file other.py", 1.01, OPEN, gain=nothing),
    )


def validate(run: Path, name: str, what: Outcome) -> None:
    """Writes an outcome where a run's validations lie."""
    folder = run / "validation" / name
    folder.mkdir(parents=True)
    write_outcome(folder, what)


def open_final(run: Path, *numbers: int) -> None:
    """Writes the file that says how often the final tasks were opened."""
    for n in numbers:
        opened = Opening(n, f"question-{n}", "final", ("rule_1", "other"), f"2026-11-0{n}")
        append_record(run / FOLDER / OPENINGS, asdict(opened))
