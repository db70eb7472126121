"""Defines the command that tells where a rule of a run comes from, or what came of it: lineage."""

from __future__ import annotations

from pathlib import Path

import click

from evosearch.cli.files import require_new, write_new
from evosearch.cli.lineage_text import lineage_text
from evosearch.cli.opened import opened
from evosearch.cli.options import force_option, json_option, out_option, primitives_option
from evosearch.errors import EvosearchError
from evosearch.plugins.additions import Additions
from evosearch.reports.descent import SHOWN, line_to, tree_from
from evosearch.reports.descent_formats import FORMATS
from evosearch.reports.references import candidate_number, split_reference

_FOR_PEOPLE = "text"


@click.command("lineage")
@primitives_option
@click.argument("program")
@click.option("--descendants", is_flag=True, help="Show the tree of what was bred from it instead.")
@click.option(
    "-n",
    "limit",
    type=click.IntRange(1),
    help=f"The best descendants to which the tree is pruned.  [default: {SHOWN}]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([_FOR_PEOPLE, *FORMATS]),
    help=f"The form; dot is for Graphviz, svg a drawing.  [default: {_FOR_PEOPLE}]",
)
@out_option
@force_option
@json_option
def lineage_command(
    additions: Additions,
    program: str,
    descendants: bool,
    limit: int | None,
    form: str | None,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Tell where a rule comes from: its ancestors, and what each mutation brought.

    The PROGRAM is a candidate of a run, RUN#ID or RUN#best. Scores are speed-ups over tuned AdamW
    on the search's seeds; between a parent's and a child's lies the noise of tuning too. Programs
    are compared as they were bred, before their constants were tuned.
    """
    if limit is not None and not descendants:
        raise click.UsageError("-n prunes the tree of --descendants; a line of descent is whole")
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json is --format json; got --format {form} too")
    if out is not None:
        require_new(out, force)
    run, which = split_reference(program)
    if which is None:
        raise EvosearchError(
            f"{program}: expected a candidate of a run, RUN#ID or RUN#best; what no search bred "
            "has no lineage"
        )
    store = opened(run, additions)
    number = candidate_number(store, which)
    graph = tree_from(store, number, limit or SHOWN) if descendants else line_to(store, number)
    form = "json" if as_json else form or _FOR_PEOPLE
    text = lineage_text(store, graph) if form == _FOR_PEOPLE else FORMATS[form](graph)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_new(out, click.unstyle(text).encode(), force)
