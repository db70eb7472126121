"""The command about tasks."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from evosearch.cli.options import json_option
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.plugins.tasks import load_known_tasks
from evosearch.reports.references import RUNS
from evosearch.scoring import qualification as qualifications
from evosearch.scoring import yardstick as yardsticks
from evosearch.scoring.qualification import Qualification
from evosearch.scoring.yardstick import HORIZONS, Yardstick
from evosearch.search.process import configure_process
from proxies import SUITES, TASKS, Engine, Task
from proxies.training.cost import flops_per_step, parameter_count

_FOLDER = RUNS / "yardsticks"
_ENGINE = Engine(compiled=True)
"""As a search trains."""


@click.command("tasks")
@click.argument("task", metavar="[TASK]...", nargs=-1)
@click.option("--task", "more", metavar="TASK", multiple=True, help="The same as an argument.")
@click.option(
    "--qualify", is_flag=True, help="Measure the tasks of which nothing is known; takes minutes."
)
@click.option(
    "--longest",
    type=click.Choice([f"{factor:g}" for factor in HORIZONS if factor >= 1]),
    help="With --qualify, up to how many times the task's steps; given, what was measured up to "
    "less is measured again.  [default: 4]",
)
@click.option(
    "--seeds",
    type=click.IntRange(yardsticks.SEEDS),
    default=qualifications.NOISE_SEEDS,
    show_default=True,
    help="With --qualify, the seeds of which the noise is measured.",
)
@click.option("--time", "timed", is_flag=True, help="Measure the time of a step on this machine.")
@click.option(
    "--save", "table", type=Path, help="Also write what is known of these tasks to a JSON file."
)
@json_option
def tasks_command(
    task: tuple[str, ...],
    more: tuple[str, ...],
    qualify: bool,
    longest: str | None,
    seeds: int,
    timed: bool,
    table: Path | None,
    as_json: bool,
) -> None:
    """List the proxy tasks, what they cost, and how well they tell rules apart.

    A TASK is a name, a suite (micro, search, select, final) or FILE.py:NAME, a task of your own;
    without any, all are listed. The yardstick is tuned AdamW's loss at 1/4 to 4 times the task's
    steps. The resolution is the speed-up that one seed can tell from none: unpaired, and paired
    with another rule's loss on the same seed, as a search compares. A task qualifies if its loss
    falls steadily and the unpaired resolution is 10% or better.
    """
    configure_process()
    names, additions = load_known_tasks((*task, *more), NOTHING_ADDED)
    chosen = [additions.tasks[name] for name in dict.fromkeys(names or TASKS)]
    described = []
    for one in chosen:
        if qualify:
            _qualify(one, float(longest) if longest else None, seeds)
        described.append(_describe(one, timed))
        if not as_json:
            click.echo(_text(described[-1]))
    if as_json:
        click.echo(json.dumps([_record(one) for one in described], indent=2))
    elif not (task or more):
        click.echo("\n" + "\n".join(_suite_text(suite) for suite in SUITES))
    if table is not None:
        _write(table, described)


@dataclass(frozen=True, slots=True)
class _Described:
    task: Task
    known: Qualification | None
    seconds: float | None
    """Of a replica-step."""

    @property
    def candidate_seconds(self) -> float | None:
        if self.seconds is None:
            return None
        return qualifications.candidate_seconds(self.task, self.seconds)

    @property
    def suites(self) -> list[str]:
        return [suite for suite, tasks in SUITES.items() if self.task.name in tasks]


def _qualify(task: Task, longest: float | None, seeds: int) -> None:
    """Measures what is not known, and keeps it."""
    known = qualifications.load(_FOLDER, task)
    if known is not None and (known.complete or (longest or 0.0) < known.unmeasured[0]):
        return
    print(f"measuring {task.name}", file=sys.stderr)
    path = yardsticks.cache_path(_FOLDER, task)
    found = qualifications.qualify(
        task, longest or HORIZONS[-1], seeds, yardsticks.load(path), _ENGINE
    )
    qualifications.save(_FOLDER, task, found)
    if found.complete:
        yardsticks.save(path, Yardstick(task.name, task.steps, found.points))


def _describe(task: Task, timed: bool) -> _Described:
    known = qualifications.load(_FOLDER, task)
    seconds = known.replica_step_seconds if known else None
    if timed:
        seconds = qualifications.measure_time(task, _ENGINE)
        if known is not None:
            machine = qualifications.machine_note()
            known = replace(known, replica_step_seconds=seconds, machine=machine)
            qualifications.save(_FOLDER, task, known)
    return _Described(task, known, seconds)


def _record(one: _Described) -> dict[str, Any]:
    task, known = one.task, one.known
    return {
        "name": task.name,
        "summary": task.summary,
        "digest": task.digest(),
        "suites": {suite: _suite_seconds(suite) for suite in one.suites},
        "parameters": parameter_count(task),
        "steps": task.steps,
        "batch_size": task.batch_size,
        "flops_per_step": flops_per_step(task),
        "replica_step_seconds": one.seconds,
        "candidate_seconds": one.candidate_seconds,
        "machine": known.machine if known else None,
        "yardstick": None
        if known is None
        else [{"steps": p.steps, "rate": p.rate, "loss": p.loss} for p in known.points],
        "resolution": known.resolution if known else None,
        "paired_resolution": known.paired_resolution if known else None,
        "verdict": known.verdict if known else "not measured",
        "reasons": _reasons(known),
    }


def _reasons(known: Qualification | None) -> list[str]:
    """What speaks against the task, or was not measured."""
    if known is None:
        return []
    missing = ", ".join(f"{factor:g}" for factor in known.unmeasured)
    return [*known.faults, *([f"not measured at {missing} times the steps"] if missing else [])]


def _suite_seconds(suite: str) -> float | None:
    """The training time of a candidate on all tasks of a suite; None where one is not measured."""
    total = 0.0
    for name in SUITES[suite]:
        known = qualifications.load(_FOLDER, TASKS[name])
        if known is None:
            return None
        total += qualifications.candidate_seconds(TASKS[name], known.replica_step_seconds)
    return total


def _text(one: _Described) -> str:
    task, known = one.task, one.known
    lines = [
        f"{task.name}: {task.summary}",
        f"  {', '.join(one.suites) or 'in no suite'}; {parameter_count(task)} parameters, "
        f"{task.steps} steps of {task.batch_size} examples, "
        f"{flops_per_step(task) / 1e6:.3g} MFLOP per step",
    ]
    if one.seconds is not None:
        lines.append(
            f"  {1e6 * one.seconds:.0f} µs per replica-step, "
            f"{one.candidate_seconds:.2g} s per candidate at 4 rates and 2 seeds"
        )
    if known is None:
        return "\n".join([*lines, "  not measured yet; --qualify does"])
    points = ", ".join(f"{point.loss:.4g} at {point.steps}" for point in known.points)
    return "\n".join(
        [
            *lines,
            f"  AdamW's loss: {points} steps",
            f"  resolution {known.resolution:.1%} per seed, {known.paired_resolution:.1%} paired",
            f"  {'; '.join([known.verdict, *_reasons(known)])}",
        ]
    )


def _suite_text(suite: str) -> str:
    seconds = _suite_seconds(suite)
    cost = "not all measured" if seconds is None else f"{seconds:.2g} s per candidate"
    return f"suite {suite}: {', '.join(SUITES[suite])}; {cost}"


def _write(table: Path, described: list[_Described]) -> None:
    """Adds what is known to the table; other tasks' rows stay."""
    records = json.loads(table.read_text(encoding="utf-8")) if table.exists() else {}
    records |= {
        one.task.name: qualifications.to_record(one.known) for one in described if one.known
    }
    rows = [f"{json.dumps(name)}: {json.dumps(records[name])}" for name in sorted(records)]
    table.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


TASK_COMMANDS = (tasks_command,)
