"""Defines the command that trains a run's rules again and compares the losses: replay."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from evosearch.cli.opened import opened
from evosearch.cli.options import (
    execution_options,
    json_option,
    primitives_option,
    task_files_option,
)
from evosearch.plugins.additions import Additions
from evosearch.plugins.tasks import require_tasks
from evosearch.progress.display import ProgressDisplay, tell
from evosearch.reports.references import split_reference
from evosearch.reports.replay import Job, Replayed, halted, jobs, replay
from evosearch.reports.replay_choice import everything, of_program, of_the_best, sample
from evosearch.reports.replay_terms import TOLERANCE, Terms, terms
from evosearch.search.circumstances import circumstances
from evosearch.search.executor import executor
from evosearch.search.models import compile_models
from evosearch.search.process import check_device
from evosearch.search.schema import HAS_RESULT
from evosearch.search.store_reader import StoreReader


@click.command(
    "replay",
    help=f"""Make a run's stored trainings again and compare the losses.

    Without options those of the best rule, in the search and in the finals. On the machine and with
    the versions that made the run, each loss must be equal to the last bit; elsewhere to
    {TOLERANCE:g} of it, and what differs is named. Nothing is compared on a task that changed.
    What a race stopped before its end left no loss to compare; how much that was is told.

    RUN may be RUN#ID. Exit status 0 if all agree, 1 if any does not.""",
)
@primitives_option
@task_files_option
@click.argument("run")
@click.option(
    "--program", metavar="ID", help="All rounds of this candidate's class: a number, or best."
)
@click.option(
    "--sample",
    "drawn",
    type=click.IntRange(1),
    metavar="N",
    help="This many of the trained candidates, drawn by the run's seed: the same each time.",
)
@click.option(
    "-n",
    "limit",
    type=click.IntRange(1),
    help="This many of the best rules, in all their rounds; the start rule comes on top.",
)
@click.option("--all", "all_of_it", is_flag=True, help="Everything, the finals' baseline too.")
@execution_options
@json_option
def replay_command(
    additions: Additions,
    task_files: tuple[str, ...],
    run: str,
    program: str | None,
    drawn: int | None,
    limit: int | None,
    all_of_it: bool,
    workers: int,
    ray_address: str | None,
    gpus_per_worker: float | None,
    as_json: bool,
) -> None:
    """Makes stored trainings again; its help is written above."""
    run, which = split_reference(run)
    if sum([which is not None, program is not None, bool(drawn), bool(limit), all_of_it]) > 1:
        raise click.UsageError("expected one of RUN#ID, --program, --sample, -n and --all")
    store = opened(run, additions, task_files)
    config = store.config
    check_device(config.device)
    require_tasks(config.all_tasks, config.task_files, config.additions)
    chosen = which if program is None else program
    numbers = _numbers(store, chosen, drawn, limit, all_of_it)
    listed = jobs(store, numbers)
    if not listed:
        what = "a race stopped all trainings of it" if numbers else "nothing trained yet"
        click.echo("[]" if as_json else f"{store.folder}: {what}")
        return
    results: list[Replayed] = []
    placed = workers, ray_address, config.additions, config.device, gpus_per_worker
    with executor(*placed, tell=tell) as ready, ProgressDisplay() as display:
        here = ready.submit(circumstances, config.device, config.training_tasks).result()
        agreed = terms(store.circumstances, here)
        if workers:
            compile_models(store, display)
        display.phase("replay", len(listed))
        for result in replay(store, listed, agreed, ready):
            results.append(result)
            display.advance(len(results), store)
    left_out = _left_out(listed, halted(store, numbers))
    if as_json:
        click.echo(json.dumps([_record(result, agreed) for result in results], indent=2))
        click.echo(left_out, err=True)
    else:
        click.echo("\n".join([*_head(agreed), *map(_line, results), left_out, _verdict(results)]))
    sys.exit(0 if all(result.agrees for result in results) else 1)


def _numbers(
    store: StoreReader, chosen: str | None, drawn: int | None, limit: int | None, all_of_it: bool
) -> list[int]:
    if chosen is None and not store.candidates(HAS_RESULT):
        return []
    if drawn is not None:
        return sample(store, drawn)
    if limit is not None:
        return of_the_best(store, limit)
    return everything(store) if all_of_it else of_program(store, chosen or "best")


def _record(result: Replayed, agreed: Terms) -> dict[str, Any]:
    deviation = result.deviation
    finite = deviation if deviation is not None and math.isfinite(deviation) else None
    return {
        **asdict(result),
        "deviation": finite,
        "agrees": result.agrees,
        "compared": deviation is not None,
        "differs": agreed.differs,
    }


def _head(agreed: Terms) -> list[str]:
    if agreed.tolerance == 0:
        first = "versions and processor as the run was made: losses must be equal to the last bit"
    else:
        first = f"not as the run was made: losses agree that differ by {agreed.tolerance:g} at most"
    return [first, *(f"  {text}" for text in agreed.differs)]


def _line(result: Replayed) -> str:
    start = (
        f"candidate {result.candidate:>6}  {result.stage:<8} {result.task:<14} "
        f"{result.runs:>3} runs, "
    )
    if result.deviation is None:
        return f"{start}NOT COMPARED, the task changed"
    verdict = "agrees" if result.agrees else "DIFFERS"
    return (
        f"{start}{result.identical} identical, largest deviation {result.deviation:.1e}  {verdict}"
    )


def _left_out(listed: Sequence[Job], stopped_whole: int) -> str:
    steps = sum(job.left_out for job in listed)
    return (
        f"left out: what races stopped, of which no loss is stored: at most {steps} replica-steps, "
        f"and {stopped_whole} tunings of which no training ended"
    )


def _verdict(results: Sequence[Replayed]) -> str:
    compared = [result for result in results if result.deviation is not None]
    told = f"{sum(result.runs for result in compared)} trainings made again: " + (
        "all agree" if all(result.agrees for result in compared) else "some differ"
    )
    missing = sum(result.runs for result in results) - sum(result.runs for result in compared)
    return told + (f"; {missing} could not be compared" if missing else "")
