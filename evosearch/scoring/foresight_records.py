"""Keeps what was measured of tasks' foresight: it ships with the package, for it takes hours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from evosearch.scoring.foresight import Agreement
from evosearch.scoring.inclusion import Inclusion
from proxies import Task

FAR = 8.0
"""The multiple of a task's steps whose order of rules it is to foretell."""
ENOUGH = 0.7
"""The least tau-b between both orders of a task on which a search may rely: those of `search` have
it, the others tell what they have."""


@dataclass(frozen=True)
class Foresight:
    """Holds how well a task's order of the known rules foretells others."""

    steps: int
    rules: int
    """The number of rules that were compared, at both numbers of steps where both were measured."""
    ahead: Agreement | None
    """The agreement with the order at `FAR` times the steps; None where that was not measured."""
    inclusions: tuple[Inclusion, ...]
    suites: Mapping[str, float]
    """The mean tau-b with the orders on the tasks of other suites, by suite."""

    @property
    def faults(self) -> tuple[str, ...]:
        """Lists the reasons not to rely on the task, for people."""
        faults = []
        if self.ahead is None:
            faults.append(f"foresight at {FAR:g} times the steps not measured")
        elif not self.ahead.tau >= ENOUGH:
            faults.append(
                f"foresight {self.ahead.tau:.2f} at {FAR:g} times the steps, "
                f"a search relies on {ENOUGH:g}"
            )
        faults += [
            f"{one.rule} is {one.excess:.3g} worse than {one.contained}, which it contains"
            for one in self.inclusions
            if not one.holds
        ]
        return tuple(faults)


def foresight(task: Task) -> Foresight | None:
    """Looks up what was measured of a task as it is now; gives None where nothing was."""
    record = _records().get(task.name)
    if record is None or record["digest"] != task.digest() or record["steps"] != task.steps:
        return None
    return Foresight(
        steps=record["steps"],
        rules=record["rules"],
        ahead=Agreement(*record["ahead"]) if record["ahead"] else None,
        inclusions=tuple(Inclusion(*one) for one in record["inclusions"]),
        suites=record["suites"],
    )


def to_record(task: Task, measured: Foresight) -> dict[str, Any]:
    """Makes the record of a task, for the table that ships with the package."""
    return {
        "digest": task.digest(),
        "steps": measured.steps,
        "rules": measured.rules,
        "ahead": [round(number, 3) for number in measured.ahead] if measured.ahead else None,
        "inclusions": [
            [one.rule, one.contained, round(one.excess, 5), round(one.noise, 5)]
            for one in measured.inclusions
        ],
        "suites": {suite: round(tau, 3) for suite, tau in measured.suites.items()},
    }


@cache
def _records() -> Mapping[str, Any]:
    text = files("evosearch.scoring").joinpath("foresight.json").read_text(encoding="utf-8")
    records: Mapping[str, Any] = json.loads(text)
    return records
