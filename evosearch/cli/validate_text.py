"""Tells people and machines what a validation said."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from evosearch.reports.summary import console
from evosearch.validation.evidence import verdict_of
from evosearch.validation.outcome import (
    OPEN,
    Gain,
    Moved,
    OnTask,
    Outcome,
    Standing,
    to_record,
)
from evosearch.validation.validate import LEVEL


def told(outcome: Outcome, folder: Path) -> str:
    """Writes the verdicts, the table over all tasks, one for each task, and on what terms."""
    tables = [_overall(outcome)] + [
        _task_table(outcome, task, horizon)
        for horizon in outcome.horizons
        for task in outcome.tasks
    ]
    page = console(*tables)
    with page.capture() as capture:
        for table in tables:
            page.print(table)
    return "\n".join(
        [
            *(line for one in outcome.standings if not one.baseline for line in _sentences(one)),
            "",
            capture.get().rstrip(),
            "",
            *_terms(outcome),
            f"Kept in {folder}",
        ]
    )


def record(outcome: Outcome, folder: Path) -> dict[str, Any]:
    """Gives what is printed for machines: each rule's and task's speed-up, interval, verdict."""
    return {
        **{key: value for key, value in to_record(outcome).items() if key != "standings"},
        "folder": str(folder),
        "rules": [_rule_record(one) for one in outcome.standings if not one.baseline],
        "baselines": [_rule_record(one) for one in outcome.standings if one.baseline],
    }


def _rule_record(one: Standing) -> dict[str, Any]:
    over_best = {"baseline": one.best, **_gain_record(one.over_best)}
    return {
        "name": one.name,
        "origin": one.origin,
        "text": one.text,
        "seeds": one.seeds,
        **_gain_record(one.gain),
        "verdict": one.verdict,
        "over_best": over_best | {"verdict": one.over_best_verdict},
        "e_value": one.evidence if math.isfinite(one.evidence) else None,
        "worst_task": one.worst_task,
        "horizons": {h: _gain_record(gain) for h, gain in one.by_horizon.items()},
        "slope": one.slope and _gain_record(one.slope),
        "shrinks_with_horizon": one.shrinks,
        "state_bytes": one.state_bytes,
        "step_time": one.step_time,
        "tasks": [_task_record(task) for task in one.on_tasks],
    }


def _task_record(one: OnTask) -> dict[str, Any]:
    rest = {k: v for k, v in asdict(one).items() if k not in ("gain", "loss", "sensitivity")}
    return {
        **rest,
        "loss": one.loss if math.isfinite(one.loss) else None,
        **_gain_record(one.gain),
        "verdict": verdict_of(one.gain),
        "sensitivity": [asdict(moved) for moved in one.sensitivity],
    }


def _gain_record(gain: Gain) -> dict[str, Any]:
    ends = [end if math.isfinite(end) else None for end in (gain.low, gain.high)]
    return {"speedup": gain.speedup, "interval": ends}


def _sentences(one: Standing) -> Iterator[str]:
    yield (
        f"{one.name}: {_compared(one.verdict)} tuned AdamW, {_text(one.gain)} times as fast; "
        f"{_compared(one.over_best_verdict)} the best baseline, {one.best} "
        f"({_text(one.over_best)} times as fast)"
    )
    if one.slope is not None:
        told = "shrinks with horizon" if one.shrinks else "does not clearly shrink with horizon"
        yield (
            f"  its speed-up {told}: {_text(one.slope)} times with each doubling; "
            + ", ".join(f"{_text(gain)} at {h} times" for h, gain in one.by_horizon.items())
            + " the tasks' steps"
        )


def _compared(verdict: str) -> str:
    return f"{verdict} from" if verdict == OPEN else f"{verdict} than"


def _overall(outcome: Outcome) -> Table:
    table = Table(title=f"over all tasks, {_steps(outcome)}", title_justify="left")
    table.add_column("rule", no_wrap=True)
    for name in ("seeds", "over AdamW", "over the best", "other", "e-value", "worst task"):
        table.add_column(name, justify="right", no_wrap=name.startswith("over"))
    for name in ("bytes", "time"):
        table.add_column(name, justify="right")
    for one in _by_speed(outcome.standings):
        table.add_row(
            Text(_name(one)),
            str(one.seeds),
            _text(one.gain),
            _text(one.over_best),
            one.best,
            f"{one.evidence:.2g}",
            one.worst_task,
            f"{one.state_bytes:g}",
            f"{one.step_time:.2g}",
        )
    return table


def _steps(outcome: Outcome) -> str:
    longest = outcome.horizons[-1]
    return "the tasks' own steps" if longest == 1 else f"{longest:g} times the tasks' steps"


def _task_table(outcome: Outcome, task: str, horizon: float) -> Table:
    rows = [
        (standing, one)
        for standing in outcome.standings
        for one in standing.on_tasks
        if (one.task, one.horizon) == (task, horizon)
    ]
    table = Table(title=f"{task}, {rows[0][1].steps} steps", title_justify="left")
    table.add_column("rule", no_wrap=True)
    ranges = any(one.sensitivity for _, one in rows)
    columns = ["rank", "loss", "speed-up", "diverged", "rate", "decay"]
    for name in columns + ["rate's room", "least room"] * ranges:
        table.add_column(name, justify="right")
    for standing, one in sorted(rows, key=lambda row: (row[1].rank, row[0].baseline)):
        table.add_row(
            Text(_name(standing)),
            str(one.rank),
            f"{one.loss:.4g}",
            _text(one.gain),
            f"{one.diverged:.0%}",
            f"{one.learning_rate:.2g}",
            f"{one.weight_decay:.2g}",
            *(_rooms(one.sensitivity) if ranges else ()),
        )
    return table


def _rooms(moved: Sequence[Moved]) -> tuple[str, str]:
    """Tells of the rate, and of the constant that can be moved least."""
    return _room(moved[:1]), _room(sorted(moved[1:], key=_narrowness)[:1], named=True)


def _room(moved: Sequence[Moved], named: bool = False) -> str:
    """Tells by what factors a value may be divided and multiplied; nothing where not asked for."""
    return "".join(
        f"{one.name + ' ' if named else ''}/{one.below:.3g}{'+' * one.open_below} "
        f"x{one.above:.3g}{'+' * one.open_above}"
        for one in moved
    )


def _narrowness(one: Moved) -> float:
    return one.below * one.above


def _name(one: Standing) -> str:
    return one.name + " *" * one.baseline


def _terms(outcome: Outcome) -> Iterator[str]:
    if any(task.sensitivity for one in outcome.standings for task in one.on_tasks):
        yield (
            "Room: the factors by which a value may be divided and multiplied before the loss "
            "leaves its noise, all else as it is (of a decay rate its distance from one); the last "
            "column is the constant with the least. `+`: as far as was tried."
        )
    yield (
        "* is a baseline. Bytes are those of states per parameter; time is that of a step of the "
        "exported optimizer over AdamW's."
    )
    yield (
        f"{_count(len(outcome.tasks), 'task')}, each rule tuned with {outcome.budget} trainings "
        f"each time (rate, constants, weight decay); {outcome.replica_steps:.3g} replica-steps. "
        f"Intervals hold for {_all(outcome.rules)} and after every seed, with an error of "
        f"{outcome.level:.3g}; a task's holds for that task alone."
    )
    if any(math.isinf(one.gain.high) for one in outcome.standings):
        yield (
            "[0.00, ∞]: too few trials to exclude anything; the same command with more --seeds "
            "goes on from these."
        )
    if outcome.opening is not None:
        yield (
            f"The final tasks were opened for these rules; it is opening {outcome.opening} of "
            f"{outcome.openings} in this run. The level of {LEVEL} is divided: the j-th has "
            f"{LEVEL} / (j (j + 1))."
        )
    if outcome.seen:
        yield (
            f"The search that made these rules chose by {', '.join(outcome.seen)}: what is said of "
            "these tasks is too good."
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + "s" * (number != 1)


def _all(rules: int) -> str:
    return "the rule" if rules == 1 else f"all {rules} rules at once"


def _by_speed(standings: Sequence[Standing]) -> list[Standing]:
    return sorted(standings, key=lambda one: -one.gain.speedup)


def _text(gain: Gain) -> str:
    low = f"{gain.low:.2f}"
    high = f"{gain.high:.2f}" if math.isfinite(gain.high) else "∞"
    return f"{gain.speedup:.2f} [{low}, {high}]"
