"""Defines the command that tunes one rule by hand, as a search tunes each of its structures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from evosearch.cli.options import json_option, primitives_option
from evosearch.errors import EvosearchError
from evosearch.plugins.additions import Additions
from evosearch.plugins.tasks import load_known_tasks
from evosearch.progress.display import tell
from evosearch.reports.references import resolve
from evosearch.scoring.rounds import ROUNDS, fresh_seeds, tuning_seeds
from evosearch.scoring.sensitivity import Sensitivity, sensitivities
from evosearch.scoring.statistics import Measurement, measure_speedup
from evosearch.scoring.tuner import Tuned, Wish, tune
from evosearch.scoring.yardstick import BUDGET
from evosearch.screening.family import Family
from evosearch.screening.trainable import require_trainable
from evosearch.search.folders import yardstick_folder
from evosearch.search.genotype import family_of
from evosearch.search.process import configure_process
from evosearch.search.yardsticks import find_or_measure
from proxies import SUITES, Engine, Task

_ENGINE = Engine(compiled=True)
_SEEDS = 2
_FRESH = fresh_seeds(2, _SEEDS)
"""The seeds of a structure's last round: the most on which one is measured in a search."""


@click.command("tune")
@primitives_option
@click.argument("program")
@click.option(
    "--task",
    "tasks",
    metavar="TASK",
    multiple=True,
    help="A task, a suite, or FILE.py:NAME; may be given several times.  [default: digit_images]",
)
@click.option(
    "--budget",
    type=click.IntRange(1),
    metavar="REPLICA-STEPS",
    help=f"Training steps, of all replicas together, to spend on tuning on each task; the least is "
    f"one round of settings.  [default: {BUDGET * ROUNDS} times the task's steps, which is what "
    "AdamW gets]",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Names the random draws.")
@json_option
def tune_command(
    additions: Additions,
    program: str,
    tasks: tuple[str, ...],
    budget: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Tune the learning rate and the constants of a rule, and score it.

    Settings race on a few seeds; the best are trained again on others, and these losses count. The
    rate is relative to the rule's update size, so the learning rate to use is given beside it. A
    constant's range holds the values with which the loss stays inside its noise, all else as it is.
    The score is the speed-up over AdamW that was tuned in the same way.
    """
    configure_process()
    reference = resolve(program, additions)
    require_trainable(reference.program, f"{program} cannot be trained")
    names, additions = load_known_tasks(tasks or _DEFAULT_TASKS, additions)
    family = family_of(reference.program, tunes_constants=True)
    records = []
    for name in dict.fromkeys(names):
        records.append(_tuned(family, additions.tasks[name], budget, seed))
        if not as_json:
            click.echo(_text(reference.name, records[-1]))
    if as_json:
        click.echo(json.dumps(records, indent=2))


_DEFAULT_TASKS = (SUITES["search"][0],)


def _tuned(family: Family, task: Task, budget: int | None, seed: int) -> dict[str, Any]:
    """Tunes a rule on a task; gives the record that is printed."""
    yardstick = find_or_measure(task, yardstick_folder(), _ENGINE, tell)
    wish = Wish(
        family=family,
        key=("tune", seed),
        budget=budget or BUDGET * ROUNDS * task.steps,
        seeds=tuning_seeds(seed, _SEEDS),
        fresh_seeds=_FRESH,
    )
    tell(f"tuning on {task.name}: {wish.budget} replica-steps")
    (tuned,) = tune(task, [wish], task.steps, _ENGINE)
    if tuned.given_up:
        raise EvosearchError(
            f"no setting of the rule trains on {task.name}: all losses are infinite; "
            "give it better constants to start from"
        )
    ranges = []
    losses = list(tuned.losses.values())
    moved = sensitivities(task, family, tuned.best, losses, list(tuned.losses), _ENGINE)
    for number, one in enumerate(moved, start=1):
        tell(f"ranges on {task.name}: {number}/{1 + len(family.names)} {one.name}")
        ranges.append(one)
    baseline = {task.name: {s: yardstick.baseline_losses[s] for s in tuned.losses}}
    measured = measure_speedup([yardstick], {task.name: tuned.losses}, baseline)
    return _record(family, task, tuned, ranges, measured)


def _record(
    family: Family,
    task: Task,
    tuned: Tuned,
    ranges: Sequence[Sensitivity],
    measured: Measurement,
) -> dict[str, Any]:
    contender = family.contender(tuned.best.constants)
    size = contender.update_size if contender else 1.0
    return {
        "task": task.name,
        "steps": task.steps,
        "replica_steps": tuned.spent,
        "rate": tuned.best.rate,
        "learning_rate": tuned.best.rate / size,
        "constants": dict(zip(family.names, tuned.best.constants, strict=True)),
        "sensitivity": [asdict(one) for one in ranges],
        "loss": tuned.loss,
        "seeds": len(tuned.losses),
        "score": measured.speedup,
        "interval": [measured.low, measured.high],
    }


def _text(name: str, record: dict[str, Any]) -> str:
    low, high = record["interval"]
    lines = [
        f"{name} on {record['task']}: score {record['score']:.2f} [{low:.2f}, {high:.2f}] over "
        f"tuned AdamW, loss {record['loss']:.4g} after {record['steps']} steps "
        f"({record['seeds']} seeds; {record['replica_steps']} replica-steps of tuning)",
        f"  learning rate {record['learning_rate']:.4g}",
    ]
    for one in record["sensitivity"]:
        below = " or less" if one["open_low"] else ""
        above = " or more" if one["open_high"] else ""
        lines.append(
            f"  {one['name']:<8} {one['value']:<12.6g} inside the noise from "
            f"{one['low']:.6g}{below} to {one['high']:.6g}{above}"
        )
    return "\n".join(lines)
