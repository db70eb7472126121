"""Describes tasks for people and as JSON: what they cost, and how well they tell rules apart."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from evosearch.scoring.foresight_records import FAR, foresight
from evosearch.scoring.qualification import Qualification, candidate_seconds
from evosearch.scoring.qualification_records import load
from evosearch.scoring.yardstick import BUDGET, CONSTANTS, Point, Yardstick
from proxies import SUITES, TASKS, Task
from proxies.training.cost import flops_per_step, parameter_count


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """Holds a task and what was measured of it."""

    task: Task
    qualification: Qualification | None
    seconds: float | None
    """The seconds of a replica-step; None where not measured."""

    @property
    def candidate_seconds(self) -> float | None:
        """Computes the seconds to train a search's candidate; None where not measured."""
        return None if self.seconds is None else candidate_seconds(self.task, self.seconds)

    @property
    def suites(self) -> list[str]:
        """Names the suites that the task is in."""
        return [suite for suite, tasks in SUITES.items() if self.task.name in tasks]

    @property
    def reservations(self) -> list[str]:
        """Lists the reasons against the task, and what was not measured, for people."""
        known = foresight(self.task)
        foreseen = list(known.faults) if known else []
        if self.qualification is None:
            return foreseen
        missing = ", ".join(f"{factor:g}" for factor in self.qualification.unmeasured)
        return [
            *self.qualification.faults,
            *foreseen,
            *([f"not measured at {missing} times the steps"] if missing else []),
        ]


def task_record(facts: TaskFacts, folder: Path) -> dict[str, Any]:
    """Makes the JSON record of a task; `folder` is where qualifications are kept."""
    task, known = facts.task, facts.qualification
    return {
        "name": task.name,
        "summary": task.summary,
        "digest": task.digest(),
        "suites": {suite: _suite_seconds(suite, folder) for suite in facts.suites},
        "parameters": parameter_count(task),
        "steps": task.steps,
        "batch_size": task.batch_size,
        "flops_per_step": flops_per_step(task),
        "replica_step_seconds": facts.seconds,
        "candidate_seconds": facts.candidate_seconds,
        "machine": known.machine if known else None,
        "yardstick": None if known is None else [_point_record(point) for point in known.points],
        "default_adamw": _point_record(known.default) if known and known.default else None,
        "budget": known.budget if known else None,
        "resolution": _finite(known.resolution) if known else None,
        "paired_resolution": _finite(known.paired_resolution) if known else None,
        "foresight": _foresight_record(task),
        "verdict": known.verdict if known else "not measured",
        "reasons": facts.reservations,
    }


def task_text(facts: TaskFacts) -> str:
    """Describes a task in a few lines."""
    task, known = facts.task, facts.qualification
    lines = [
        f"{task.name}: {task.summary}",
        f"  {', '.join(facts.suites) or 'in no suite'}; {parameter_count(task)} parameters, "
        f"{task.steps} steps of {task.batch_size} examples, "
        f"{flops_per_step(task) / 1e6:.3g} MFLOP per step",
    ]
    if facts.seconds is not None:
        lines.append(
            f"  {1e6 * facts.seconds:.0f} µs per replica-step, "
            f"{facts.candidate_seconds:.2g} s per structure, tuned with {BUDGET} trainings"
        )
    if known is None:
        return "\n".join([*lines, "  not measured yet; --qualify does"])
    return "\n".join(
        [
            *lines,
            *_yardstick_lines(known),
            *_foresight_lines(task),
            f"  resolution {_percent(known.resolution)} per seed, "
            f"{_percent(known.paired_resolution)} paired",
            f"  {'; '.join([known.verdict, *facts.reservations])}",
        ]
    )


def _percent(resolution: float) -> str:
    return f"{resolution:.1%}" if isfinite(resolution) else "none"


def _finite(resolution: float) -> float | None:
    """Gives None for what JSON has no number for."""
    return resolution if isfinite(resolution) else None


def _yardstick_lines(known: Qualification) -> list[str]:
    """Shows AdamW's loss and setting at each horizon, and its loss with its default constants."""
    if not known.budget:
        points = ", ".join(f"{point.loss:.4g} at {point.steps}" for point in known.points)
        return [f"  AdamW's loss, its rate alone tuned: {points} steps"]
    lines = [f"  tuned AdamW, {known.budget} trainings at each number of steps:"]
    for point in known.points:
        constants = ", ".join(
            f"{name} {value:.6g}" for name, value in zip(CONSTANTS, point.constants, strict=True)
        )
        lines.append(
            f"    {point.steps:>5} steps: loss {point.loss:.4g}, rate {point.rate:.3g}, {constants}"
        )
    if known.default:
        yardstick = Yardstick(known.task, known.steps, known.points, known.default, known.budget)
        lines.append(
            f"    with its default constants: loss {known.default.loss:.4g}, "
            f"{yardstick.default_speedup:.2f} times as fast"
        )
    return lines


def _foresight_lines(task: Task) -> list[str]:
    """Tells how the task's order of the known rules agrees with others."""
    known = foresight(task)
    if known is None:
        return []
    parts = [f"{tau:.2f} with suite {suite}" for suite, tau in known.suites.items()]
    if known.ahead is not None:
        tau, low, high = known.ahead
        parts = [f"{tau:.2f} [{low:.2f}, {high:.2f}] with {FAR:g} times the steps", *parts]
    return [f"  order of {known.rules} tuned rules, tau-b: {', '.join(parts)}"]


def _foresight_record(task: Task) -> dict[str, Any] | None:
    known = foresight(task)
    if known is None:
        return None
    return {
        "tau": known.ahead.tau if known.ahead else None,
        "interval": [known.ahead.low, known.ahead.high] if known.ahead else None,
        "steps": round(FAR * known.steps),
        "rules": known.rules,
        "suites": dict(known.suites),
        "inclusions": [one._asdict() | {"holds": one.holds} for one in known.inclusions],
        "faults": list(known.faults),
    }


def _point_record(point: Point) -> dict[str, Any]:
    constants = dict(zip(CONSTANTS, point.constants, strict=True))
    return {"steps": point.steps, "rate": point.rate, "constants": constants, "loss": point.loss}


def suite_text(suite: str, folder: Path) -> str:
    """Describes a suite in a line; `folder` is where qualifications are kept."""
    seconds = _suite_seconds(suite, folder)
    cost = "not all measured" if seconds is None else f"{seconds:.2g} s per structure"
    return f"suite {suite}: {', '.join(SUITES[suite])}; {cost}"


def _suite_seconds(suite: str, folder: Path) -> float | None:
    """Sums the tuning time of a structure over a suite; None where a task is not measured."""
    total = 0.0
    for name in SUITES[suite]:
        qualification = load(folder, TASKS[name])
        if qualification is None:
            return None
        total += candidate_seconds(TASKS[name], qualification.replica_step_seconds)
    return total
