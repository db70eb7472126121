"""Defines the command that compares rules with tuned baselines: validate."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import click

from evosearch.api.measures import validate
from evosearch.cli.options import (
    device_option,
    execution_options,
    json_option,
    primitives_option,
)
from evosearch.cli.validate_text import record, told
from evosearch.plugins.additions import Additions
from evosearch.validation.contestants import BASELINES
from evosearch.validation.laboratory import BUDGET
from evosearch.validation.validate import LEAST, LIMIT
from proxies import SUITES


class _Numbers(click.ParamType[tuple[float, ...]]):
    """Reads numbers that commas part."""

    name = "numbers"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"expected numbers parted by commas, such as 1,8, got '{value}'", param, ctx)
        if not all(0 < number < float("inf") for number in numbers):
            self.fail(f"expected positive numbers, got '{value}'", param, ctx)
        return numbers


def _names(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


@click.command("validate")
@primitives_option
@click.argument("program", metavar="PROGRAM...", nargs=-1, required=True)
@click.option(
    "--suite",
    type=click.Choice(list(SUITES)),
    help="The tasks: select has chosen among finalists, final chooses nothing.  [default: select]",
)
@click.option(
    "--task",
    "tasks",
    metavar="TASK",
    multiple=True,
    help="Tasks instead of a suite, or besides it: a task or FILE.py:NAME; several times.",
)
@click.option(
    "--baselines",
    callback=_names,
    default=",".join(BASELINES),
    show_default=True,
    metavar="RULES",
    help="Known rules to compare with besides AdamW, which is always there.",
)
@click.option(
    "--seeds",
    type=click.IntRange(LEAST),
    default=LIMIT,
    show_default=True,
    help="The most times that a rule is tuned and measured, each time with a seed of its own; "
    "fewer where the verdict is clear before. With fewer than six, little can be told.",
)
@click.option(
    "--horizon",
    "horizons",
    type=_Numbers(),
    default="1",
    show_default=True,
    help="The length of the trainings in multiples of the tasks' steps, such as 1,8. The verdict "
    "is at the longest.",
)
@click.option(
    "--budget",
    type=click.IntRange(1),
    default=BUDGET,
    show_default=True,
    help="The trainings that each tuning of a rule on a task may spend, each time.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Names all draws."
)
@click.option(
    "--sensitivity/--no-sensitivity",
    default=True,
    show_default=True,
    help="Find, besides, how far rate and constants can be moved.",
)
@device_option
@execution_options
@json_option
def validate_command(
    additions: Additions,
    program: tuple[str, ...],
    suite: str | None,
    tasks: tuple[str, ...],
    baselines: tuple[str, ...],
    seeds: int,
    horizons: tuple[float, ...],
    budget: int,
    seed: int,
    sensitivity: bool,
    device: str,
    workers: int,
    ray_address: str | None,
    gpus_per_worker: float | None,
    as_json: bool,
) -> None:
    """Compare rules with AdamW and other baselines, all tuned alike, and give a verdict on each.

    A PROGRAM may be RUN, for all finalists of a run. Every rule and baseline gets the same budget
    to tune its rate, its constants and its weight decay, then is measured on the same fresh seeds;
    all of that again and again, with other draws and seeds, until the verdicts are clear. So the
    intervals hold what tuning leaves to chance, and they hold for all rules at once and however
    early one stops.

    A run's rules may see the final tasks, eight at once; each time is recorded in the run, and
    later ones have to pass a stricter level.

    It takes minutes to hours. Interrupt with Ctrl-C: the same command goes on where it stopped.
    """
    chosen = (*((suite,) if suite else ()), *tasks) or ("select",)
    try:
        outcome, folder = validate(
            program,
            chosen,
            baselines=baselines,
            seeds=seeds,
            horizons=horizons,
            budget=budget,
            seed=seed,
            sensitivity=sensitivity,
            device=device,
            workers=workers,
            ray_address=ray_address,
            gpus_per_worker=gpus_per_worker,
            tell=_clock(),
            additions=additions,
        )
    except KeyboardInterrupt:
        print("evosearch: interrupted; the same command goes on where it stopped", file=sys.stderr)
        sys.exit(130)
    if as_json:
        click.echo(json.dumps(record(outcome, folder), indent=2))
    else:
        click.echo(told(outcome, folder))


def _clock() -> Callable[[str], None]:
    """Makes what prints a line of progress with the time since the start."""
    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"[{time.monotonic() - started:5.0f} s] {text}", file=sys.stderr, flush=True)

    return tell
