"""Holds what a validation says of each rule, and writes and reads it as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evosearch.files import json_numbers, write_whole

FOLDER = "validation"
"""The folder of validations, in a run's and under `runs/`, with one folder for each."""
OUTCOME = "outcome.json"
"""The file of a validation's folder that holds its outcome."""

BETTER, OPEN, WORSE = "better", "not distinguishable", "worse"
"""The verdicts on a rule in comparison with another."""


@dataclass(frozen=True, slots=True)
class Gain:
    """Is a speed-up and its interval, which holds for all rules at once and after every seed.

    The ends are 0 and infinity where seeds are too few to exclude anything.
    """

    speedup: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Moved:
    """Says how far a rate or constant can be moved alone before the loss leaves its noise.

    It can be divided by `below` and multiplied by `above`, both at least one; of a decay rate, its
    distance from one can.
    """

    name: str
    below: float
    above: float
    open_below: bool
    open_above: bool
    """Whether the furthest that was tried on that side was still inside."""


@dataclass(frozen=True, slots=True)
class OnTask:
    """Holds what was measured of a rule on a task, with trainings of one length."""

    task: str
    horizon: float
    """The length of the trainings in multiples of the task's steps."""
    steps: int
    loss: float
    """The mean over seeds; infinite where one diverged."""
    gain: Gain
    """Over AdamW, tuned alike."""
    rank: int
    """Among all rules and baselines, by speed-up; 1 is the best."""
    diverged: float
    """The share of the trainings that diverged, of those that no race stopped."""
    learning_rate: float
    """The median over seeds of the best rates, as an optimizer must be given them."""
    weight_decay: float
    """The same of the decay that is decoupled from the gradient."""
    constants: Mapping[str, float]
    sensitivity: tuple[Moved, ...] = ()
    """Of the first seed's best setting; empty where it was not asked for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Says how a rule or baseline stands over all tasks."""

    name: str
    origin: str
    """Where the rule comes from, as a person would say it."""
    baseline: bool
    text: str
    """The program."""
    seeds: int
    """How many it was tuned and measured with, each on its own."""
    gain: Gain
    """Over tuned AdamW, the geometric mean over tasks at the longest horizon."""
    verdict: str
    """In comparison with tuned AdamW."""
    best: str
    """The baseline that is best, AdamW among them, the rule itself left out."""
    over_best: Gain
    over_best_verdict: str
    evidence: float
    """The e-value of a gain, averaged over tasks."""
    worst_task: str
    by_horizon: Mapping[str, Gain]
    """The gain by horizon, written as a number."""
    slope: Gain | None
    """The factor by which the speed-up changes with each doubling of the horizon; None for one."""
    shrinks: bool
    """Whether the slope is below one beyond its interval."""
    state_bytes: float
    """Per parameter, of states in single precision."""
    step_time: float
    """The time of the rule's own step, in that of AdamW's on the same numbers."""
    on_tasks: tuple[OnTask, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Holds what a validation said."""

    suite: str
    """The tasks as they were asked for."""
    tasks: tuple[str, ...]
    horizons: tuple[float, ...]
    budget: int
    """The trainings of each tuning of a rule on a task."""
    seed: int
    level: float
    """The chance of any wrong verdict among all rules, after what openings of `final` cost."""
    rules: int
    """The rules for whose number the intervals are corrected."""
    opening: int | None
    """Which opening of the final tasks this is, from 1; None where they were not opened."""
    openings: int
    """How often they were opened up to now."""
    standings: tuple[Standing, ...]
    """Rules first, in the order given, then baselines."""
    replica_steps: int
    machine: tuple[str, ...]
    """Versions, processor and device."""
    seen: tuple[str, ...] = ()
    """Those of the tasks by which the rules' own search chose."""


def write_outcome(folder: Path, outcome: Outcome) -> Path:
    """Writes the outcome into a validation's folder, whole or not at all."""
    path = folder / OUTCOME
    write_whole(path, (json.dumps(to_record(outcome), indent=1) + "\n").encode())
    return path


def to_record(outcome: Outcome) -> dict[str, Any]:
    """Gives the outcome as JSON can hold it, with null for what is infinite or not known."""
    record: dict[str, Any] = json_numbers(asdict(outcome))
    return record


def read_outcome(path: Path) -> Outcome:
    """Reads an outcome.

    Raises:
        OSError, ValueError, TypeError or KeyError: it cannot be read, or is none.
    """
    record = json.loads(path.read_text(encoding="utf-8"))
    standings = tuple(_standing(one) for one in record.pop("standings"))
    for name in ("tasks", "horizons", "machine", "seen"):
        record[name] = tuple(record.get(name, ()))
    return Outcome(**record, standings=standings)


def _standing(record: Any) -> Standing:
    for name in ("gain", "over_best"):
        record[name] = _gain(record[name])
    record["slope"] = record["slope"] and _gain(record["slope"])
    record["by_horizon"] = {h: _gain(gain) for h, gain in record["by_horizon"].items()}
    record["evidence"] = _number(record["evidence"])
    record["on_tasks"] = tuple(_on_task(one) for one in record["on_tasks"])
    return Standing(**record)


def _on_task(record: Any) -> OnTask:
    record["gain"] = _gain(record["gain"])
    record["loss"] = _number(record["loss"])
    record["sensitivity"] = tuple(Moved(**one) for one in record["sensitivity"])
    return OnTask(**record)


def _gain(record: Any) -> Gain:
    return Gain(_number(record["speedup"]), _number(record["low"]), _number(record["high"]))


def _number(value: float | None) -> float:
    return math.inf if value is None else value
