"""Defines the command that tells of a run on one page of HTML: report."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import click

from evosearch.api.programs import ablate, simplify
from evosearch.cli.files import require_new, write_new
from evosearch.cli.opened import opened
from evosearch.cli.options import json_option, primitives_option, task_files_option
from evosearch.files import json_numbers
from evosearch.plugins.additions import Additions
from evosearch.plugins.tasks import load_known_tasks, require_tasks
from evosearch.progress.display import tell
from evosearch.reports.page.page import make_page
from evosearch.reports.references import resolve
from evosearch.search.store_reader import StoreReader

_PAGE = "report.html"
"""The file in the run's folder that is written unless told otherwise."""


@click.command("report")
@primitives_option
@task_files_option
@click.argument("run")
@click.option("--out", type=Path, help=f"The file to write.  [default: RUN/{_PAGE}]")
@click.option("--force", is_flag=True, help="Overwrite an existing file that --out names.")
@click.option("--no-curves", is_flag=True, help="Leave out training curves.")
@click.option("--no-card", is_flag=True, help="Leave out the rule's card if it is not kept.")
@click.option(
    "--worth",
    is_flag=True,
    help="Measure first what each part of the best rule is worth, in ten minutes to hours.",
)
@json_option
def report_command(
    additions: Additions,
    task_files: tuple[str, ...],
    run: str,
    out: Path | None,
    force: bool,
    no_curves: bool,
    no_card: bool,
    worth: bool,
    as_json: bool,
) -> None:
    """Write a page about a RUN that can be sent to others: one HTML file that loads nothing.

    It begins with the verdict in words, and shows the course of the search, the best rule with its
    formula, drawing, ancestry and training curves, what validations measured, its card, and how to
    reproduce it. Curves and card are trained for the page, in a few minutes, and kept in
    RUN/report.

    What each part of the rule is worth is told where `evosearch simplify --measure` was run on it,
    or with --worth; interrupt with Ctrl-C, and the same command goes on.

    RUN/report.html is made of the run alone and is written anew each time. The run may be going on.
    """
    if out is not None:
        require_new(out, force)
    _, additions = load_known_tasks(task_files, additions)
    store = opened(run, additions)
    if worth:
        _measure_worths(store, additions)
    page = make_page(store, additions, curves=not no_curves, card=not no_card, tell=tell)
    path = out or store.folder / _PAGE
    write_new(path, page.html.encode(), force=force or out is None)
    if as_json:
        record = {"path": str(path), "verdict": json_numbers(asdict(page.verdict))}
        click.echo(json.dumps(record, indent=2, allow_nan=False))
        return
    click.echo("\n".join(page.verdict.sentences))
    click.echo(path)


def _measure_worths(store: StoreReader, additions: Additions) -> None:
    """Measures, as `evosearch simplify` does, what the page then reads from the journal."""
    config = store.config
    require_tasks(config.tasks, config.task_files, config.additions)
    reference = resolve(f"{store.folder}#best", additions)
    rule = replace(reference.program, name=reference.name)
    shorter = simplify(rule).after
    ablate(shorter, config.tasks, device=config.device, tell=tell, additions=config.additions)
