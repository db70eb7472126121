"""Defines the command about tasks."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from evosearch.cli.options import json_option
from evosearch.files import write_whole
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.plugins.tasks import load_known_tasks
from evosearch.scoring import qualification_records, yardstick_cache
from evosearch.scoring.qualification import NOISE_SEEDS, machine_note, measure_time, qualify
from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.task_facts import TaskFacts, suite_text, task_record, task_text
from evosearch.scoring.yardstick import BUDGET, HORIZONS, SEEDS, Yardstick
from evosearch.search.folders import yardstick_folder
from evosearch.search.process import configure_process
from proxies import SUITES, TASKS, Engine, Task

_ENGINE = Engine(compiled=True)
"""The engine by which tasks are measured, which trains as a search does."""


@click.command("tasks")
@click.argument("task", metavar="[TASK]...", nargs=-1)
@click.option("--task", "more", metavar="TASK", multiple=True, help="The same as an argument.")
@click.option(
    "--qualify",
    "wanted",
    is_flag=True,
    help="Measure the tasks of which nothing is known; takes minutes.",
)
@click.option(
    "--longest",
    type=click.Choice([f"{factor:g}" for factor in HORIZONS if factor >= 1]),
    help="With --qualify, up to how many times the task's steps; given, what was measured up to "
    "less is measured again.  [default: 4]",
)
@click.option(
    "--seeds",
    type=click.IntRange(SEEDS),
    default=NOISE_SEEDS,
    show_default=True,
    help="With --qualify, the seeds of which the noise is measured.",
)
@click.option(
    "--budget",
    type=click.IntRange(1),
    default=BUDGET * ROUNDS,
    show_default=True,
    help="With --qualify, the trainings with which AdamW is tuned at each number of steps.",
)
@click.option("--time", "timed", is_flag=True, help="Measure the time of a step on this machine.")
@click.option(
    "--save", "table", type=Path, help="Also write what is known of these tasks to a JSON file."
)
@json_option
def tasks_command(
    task: tuple[str, ...],
    more: tuple[str, ...],
    wanted: bool,
    longest: str | None,
    seeds: int,
    budget: int,
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
    facts = []
    for one in chosen:
        if wanted:
            _qualify(one, float(longest) if longest else None, seeds, budget)
        facts.append(_facts(one, timed))
        if not as_json:
            click.echo(task_text(facts[-1]))
    if as_json:
        records = [task_record(one, yardstick_folder()) for one in facts]
        click.echo(json.dumps(records, indent=2))
    elif not (task or more):
        suites = [suite_text(suite, yardstick_folder()) for suite in SUITES]
        click.echo("\n" + "\n".join(suites))
    if table is not None:
        _save(table, facts)


def _qualify(task: Task, longest: float | None, seeds: int, budget: int) -> None:
    """Measures what is not known of a task, and keeps it."""
    folder = yardstick_folder()
    known = qualification_records.load(folder, task)
    # A record without a budget is of AdamW with its default constants.
    tuned = known if known is not None and known.budget else None
    if tuned is not None and (tuned.complete or (longest or 0.0) < tuned.unmeasured[0]):
        return
    print(f"measuring {task.name}", file=sys.stderr)
    cached = yardstick_cache.find(folder, task, budget)
    qualification = qualify(task, longest or HORIZONS[-1], seeds, cached, budget, _ENGINE)
    qualification_records.save(folder, task, qualification)
    if cached is None and qualification.complete and qualification.default:
        yardstick = Yardstick(
            task.name,
            task.steps,
            qualification.points,
            qualification.default,
            qualification.budget,
        )
        yardstick_cache.save(folder, task, yardstick)


def _facts(task: Task, timed: bool) -> TaskFacts:
    """Looks up what is known of a task; takes the time of a step now if that is asked for."""
    folder = yardstick_folder()
    known = qualification_records.load(folder, task)
    seconds = known.replica_step_seconds if known else None
    if timed:
        seconds = measure_time(task, _ENGINE)
        if known is not None:
            known = replace(known, replica_step_seconds=seconds, machine=machine_note())
            qualification_records.save(folder, task, known)
    return TaskFacts(task, known, seconds)


def _save(table: Path, facts: Sequence[TaskFacts]) -> None:
    """Adds what is known of tasks to a JSON table by their names; other tasks' rows stay."""
    records = json.loads(table.read_text(encoding="utf-8")) if table.exists() else {}
    records |= {
        one.task.name: qualification_records.to_record(one.qualification)
        for one in facts
        if one.qualification
    }
    rows = [f"{json.dumps(name)}: {json.dumps(records[name])}" for name in sorted(records)]
    write_whole(table, ("{\n" + ",\n".join(rows) + "\n}\n").encode())
