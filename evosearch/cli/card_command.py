"""Defines the command that makes the card of an optimizer."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

from evosearch.api.programs import model_card
from evosearch.card.sweeps import FEWEST
from evosearch.cli.card_text import markdown, plain
from evosearch.cli.files import STDOUT, require_new, write_new
from evosearch.cli.options import force_option, json_option, primitives_option
from evosearch.plugins.additions import Additions
from evosearch.progress.display import tell
from evosearch.reports.references import resolve
from evosearch.search.process import configure_process


@click.command("card")
@primitives_option
@click.argument("program")
@click.option(
    "--task",
    "tasks",
    metavar="TASK",
    multiple=True,
    help="A task, a suite, or FILE.py:NAME, on which rates are compared; may be given several "
    "times. On the first, trainings are recorded and constants moved.  [default: spirals]",
)
@click.option("--quick", is_flag=True, help="Leave out all that takes trainings.")
@click.option(
    "--budget",
    type=click.IntRange(FEWEST),
    default=10,
    show_default=True,
    metavar="N",
    help="The most learning rates to try for each best one.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Names the random seeds.")
@json_option
@click.option("--out", type=Path, help="A file to write the card to, as Markdown.")
@force_option
def card_command(
    additions: Additions,
    program: str,
    tasks: tuple[str, ...],
    quick: bool,
    budget: int,
    seed: int,
    as_json: bool,
    out: Path | None,
    force: bool,
) -> None:
    """Tell what to know of a PROGRAM before trusting it with a training.

    Which rule it is; what it does with gradients of other sizes, with other signs, with zeros and
    in bfloat16; what it costs. Then, by trainings: how large its updates are, how far its constants
    can move, which learning rate and weight decay to use given AdamW's, and whether the best rate
    carries over to other widths and batch sizes. Each section says what was measured, the numbers,
    and what they mean.

    It takes a few minutes, --quick two seconds. The losses of learning rates are kept under
    runs/card, so that what was interrupted goes on, and AdamW trains for the first card alone.
    """
    if quick and tasks:
        raise click.UsageError("--quick leaves trainings out, so it goes without --task")
    reference = resolve(program, additions)
    if out is not None:
        require_new(out, force)
    configure_process()
    rule = replace(reference.program, name=reference.name)
    try:
        card = model_card(
            rule,
            tasks or ("spirals",),
            quick=quick,
            budget=budget,
            seed=seed,
            tell=tell,
            additions=additions,
        )
    except KeyboardInterrupt:
        tell("evosearch: interrupted; the same command goes on with the rates that were tried")
        sys.exit(130)
    if out is not None:
        write_new(out, markdown(card, reference.origin).encode(), force)
    if as_json:
        click.echo(json.dumps(card.record(), indent=2, allow_nan=False))
    elif out != STDOUT:
        click.echo(plain(card, reference.origin))
