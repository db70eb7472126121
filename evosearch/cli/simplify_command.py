"""Defines the command that finds a shorter program which does the same: simplify."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from evosearch.ablation.judge import BUDGET
from evosearch.ablation.measured import Measured
from evosearch.api.programs import ablate, simplify
from evosearch.cli.files import STDOUT, require_new, write_new
from evosearch.cli.options import (
    device_option,
    execution_options,
    force_option,
    json_option,
    primitives_option,
)
from evosearch.cli.simplify_text import told
from evosearch.export.notation.program_text import readable
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.plugins.additions import Additions
from evosearch.plugins.tasks import load_known_tasks
from evosearch.progress.display import tell
from evosearch.reports.references import resolve
from evosearch.screening.trainable import require_trainable
from evosearch.search.process import check_device, configure_process
from evosearch.simplification.result import Simplified


@click.command("simplify")
@primitives_option
@click.argument("program")
@click.option("--exact", is_flag=True, help="Do only what algebra proves.")
@click.option(
    "--drop-vanishing",
    is_flag=True,
    help="Leave out, besides, what acts in the first steps of a training alone.",
)
@click.option(
    "--measure",
    "tasks",
    metavar="SUITE",
    multiple=True,
    help="Leave out, besides, what makes training on these tasks no faster: a suite, a task or "
    "FILE.py:NAME; may be given several times.",
)
@click.option(
    "--budget",
    type=click.IntRange(1),
    default=BUDGET,
    show_default=True,
    help="With --measure: the trainings to tune each change with, on each task and in each trial.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Names the random draws.")
@device_option
@execution_options
@click.option("--out", type=Path, help="A file to write the result to, as a program.")
@force_option
@json_option
def simplify_command(
    additions: Additions,
    program: str,
    exact: bool,
    drop_vanishing: bool,
    tasks: tuple[str, ...],
    budget: int,
    seed: int,
    device: str,
    workers: int,
    ray_address: str | None,
    gpus_per_worker: float | None,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Find the shortest program that does the same as a PROGRAM.

    Up to a positive factor of the direction, which is told, as the learning rate takes it up.

    First come steps that algebra proves, each checked on two probes. Then goes what never acts on
    the probes and in two small trainings: guards, clips, states. What acts in the first steps of a
    training alone is told, and stays unless you give --drop-vanishing.

    With --measure, each part is then left out in turn, and the rest tuned and trained; what makes
    it no slower, beyond the interval of several tunings, goes for good, and constants are rounded.
    What is left is listed with what each part is worth. It takes minutes to hours; interrupt with
    Ctrl-C, and the same command goes on.
    """
    if exact and tasks:
        raise click.UsageError("--exact does only what is proven, so it goes without --measure")
    if exact and drop_vanishing:
        raise click.UsageError("--exact does only what is proven; give it without --drop-vanishing")
    reference = resolve(program, additions)
    rule = replace(reference.program, name=reference.name)
    if tasks:
        require_trainable(rule, f"{program} cannot be trained")
        _, additions = load_known_tasks(tasks, additions)
        check_device(device)
    if out is not None:
        require_new(out, force)
    configure_process()
    simplified, measured = simplify(rule, exact, drop_vanishing), None
    if tasks:
        try:
            measured = ablate(
                simplified.after,
                tasks,
                budget=budget,
                seed=seed,
                device=device,
                workers=workers,
                ray_address=ray_address,
                gpus_per_worker=gpus_per_worker,
                tell=tell,
                additions=additions,
            )
        except KeyboardInterrupt:
            tell("evosearch: interrupted; the same command goes on where it stopped")
            sys.exit(130)
        simplified = simplified.then(measured.simplified)
    if out is not None:
        write_new(out, _text(simplified.after).encode(), force)
    if as_json:
        click.echo(json.dumps(_record(simplified, measured), indent=2))
    elif out != STDOUT:
        click.echo("\n".join(told(simplified, measured, reference.origin)))


def _record(simplified: Simplified, measured: Measured | None) -> dict[str, Any]:
    first = simplified.first_steps
    return {
        "before": _program_record(simplified.before),
        "after": _program_record(simplified.after),
        "steps": [asdict(step) for step in simplified.steps],
        "factor": simplified.factor,
        "dropped": simplified.dropped,
        "first_steps": first
        and {**_program_record(first.program), "steps": first.steps, "what": first.what},
        "worth": measured and [asdict(worth) for worth in measured.worths],
        "tuned": measured and asdict(measured.tuned),
        "written": measured and asdict(measured.written),
    }


def _program_record(program: Program) -> dict[str, Any]:
    return {
        "text": _text(program),
        "statements": len(program.statements),
        "slots": len(program.slots),
    }


def _text(program: Program) -> str:
    return readable(lower(program), program.name)
