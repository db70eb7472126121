"""Defines the commands about programs: show, export, convert, primitives, rules."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from evosearch.cli.files import STDOUT, require_new, write_new
from evosearch.cli.options import force_option, json_option, primitives_option
from evosearch.export.formats import DEFAULT_FORMAT, FORMATS, name_of
from evosearch.export.formulas.equations import Equation, equations, explanations
from evosearch.export.notation.names import is_class_name
from evosearch.export.notation.program_text import readable
from evosearch.export.pytorch.own_names import renames
from evosearch.export.pytorch.tests_file import test_source
from evosearch.graph.digest import digest
from evosearch.graph.lion_paper import convert
from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule, rule_names
from evosearch.language.parser import is_name, read_text
from evosearch.plugins.additions import Additions
from evosearch.reports.references import resolve
from primitives import Composite, Operation
from primitives.primitive import LETTERS


@click.command("show")
@primitives_option
@click.argument("program")
@json_option
def show_command(additions: Additions, program: str, as_json: bool) -> None:
    """Print a PROGRAM without its dead code, as text and as formulas."""
    reference = resolve(program, additions)
    graph = lower(reference.program)
    key = digest(lower(reference.program, bind=True))
    text, formulas = readable(graph, reference.name), equations(graph)
    if as_json:
        record = {
            "origin": reference.origin,
            "digest": key,
            "text": text,
            "statements": graph.size,
            "slots": len(graph.slots),
            "evidence": reference.evidence or None,
            "formula": [formula.plain for formula in formulas],
            "latex": [formula.latex for formula in formulas],
        }
        click.echo(json.dumps(record, indent=2))
        return
    click.echo(f"# {reference.origin}; {graph.size} statements, {len(graph.slots)} state slots")
    if reference.evidence:
        click.echo(f"# {reference.evidence}")
    click.echo(f"\n{text}\nFormula:")
    for line in _for_this_terminal(formulas):
        click.echo(f"  {line}")
    for line in explanations(graph):
        click.echo(f"  with {line}")
    click.echo("\nLaTeX:")
    for formula in formulas:
        click.echo(f"  {formula.latex}")


def _for_this_terminal(formulas: Sequence[Equation]) -> list[str]:
    """Gives formulas as mathematics, or as code where not all of its letters can be shown."""
    plain = [formula.plain for formula in formulas]
    encoding = sys.stdout.encoding or "utf-8"
    try:
        "".join(plain).encode(encoding)
    except UnicodeEncodeError:
        return [formula.code for formula in formulas]
    return plain


@click.command("export")
@primitives_option
@click.argument("program")
@click.option("--out", type=Path, required=True, help="The file to write; - is standard output.")
@click.option("--name", help="The class's name.  [default: from the program's]")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="torch", show_default=True
)
@click.option(
    "--with-tests", is_flag=True, help="Write a pytest file beside it; for torch optimizers."
)
@force_option
def export_command(
    additions: Additions,
    program: str,
    out: Path,
    name: str | None,
    form: str,
    with_tests: bool,
    force: bool,
) -> None:
    """Write a PROGRAM as a torch optimizer, in one file that needs only torch.

    Or as an optax transformation, which needs jax and optax; as LaTeX, Markdown or JSON; as a
    drawing of its data flow in SVG or PNG.
    """
    reference = resolve(program, additions)
    if name is not None and not is_class_name(name):
        raise click.UsageError(f"--name: '{name}' cannot name a class of the file")
    if with_tests and form != DEFAULT_FORMAT:
        raise click.UsageError(f"--with-tests is for --format {DEFAULT_FORMAT}, not {form}")
    if with_tests and not out.stem.isidentifier():
        raise click.UsageError(
            f"--with-tests: '{out.stem}' is no module's name; try --out my_optimizer.py"
        )
    files = {out: FORMATS[form].content(reference, name)}
    if with_tests:
        tests = test_source(lower(reference.program), name_of(reference, name), out.stem)
        files[out.with_name(f"test_{out.stem}.py")] = tests.encode()
    for path in files:
        require_new(path, force)
    for path, content in files.items():
        write_new(path, content, force)
    named = form == DEFAULT_FORMAT
    what = f"class {name_of(reference, name)}" if named else FORMATS[form].makes
    told = f"{'standard output' if out == STDOUT else out}: {what}, from {reference.origin}"
    click.echo(told, err=out == STDOUT)
    for old, new in (renames(lower(reference.program)) if named else {}).items():
        told = f"{out}: {old} is called {new} there; the file or torch uses that name itself"
        click.echo(told, err=True)
    for path in list(files)[1:]:
        click.echo(f"{path}: its tests; run `pytest {path}`")


@click.command("convert")
@primitives_option
@click.argument("listing", type=Path)
@click.option("--name", default="rule", show_default=True, help="What to call the program.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=NUMBER", help="A number the listing names."
)
@json_option
def convert_command(
    additions: Additions, listing: Path, name: str, settings: tuple[str, ...], as_json: bool
) -> None:
    """Put a LISTING of the Lion paper (arXiv 2302.06675) into this language's form.

    The paper's programs multiply by the learning rate and decay the weights themselves; here the
    trainer does. What is taken out is said in comments.
    """
    constants = {}
    for setting in settings:
        key, _, text = setting.partition("=")
        try:
            constants[key] = float(text)
        except ValueError:
            raise click.UsageError(f"--set expected NAME=NUMBER, got '{setting}'") from None
    if not is_name(name):
        raise click.UsageError(f"--name: '{name}' cannot name a program")
    converted = convert(read_text(listing), constants, str(listing), additions.table)
    text = readable(converted.graph, name)
    if as_json:
        click.echo(json.dumps({"text": text, "notes": converted.notes}, indent=2))
        return
    click.echo("".join(f"# {note}\n" for note in converted.notes) + text, nl=False)


@click.command("primitives")
@primitives_option
@json_option
def primitives_command(additions: Additions, as_json: bool) -> None:
    """List what a program may call, with definitions."""
    if as_json:
        click.echo(
            json.dumps(
                [_operation_record(row) for row in additions.table.operations.values()], indent=2
            )
        )
        return
    for row in additions.table.operations.values():
        call = f"{row.name}({', '.join(LETTERS[: row.arity])})"
        written = f"a {row.infix} b" if row.arity == 2 else f"{row.infix}a"
        defined = not row.infix or row.definition.startswith(written)
        other = ", ".join([*([] if defined else [written]), *row.aliases])
        click.echo(f"{call:<26} {row.definition}{f'; also {other}' if other else ''}")


def _operation_record(row: Operation) -> dict[str, Any]:
    return {
        "name": row.name,
        "definition": row.definition,
        "accepts": [str(kind) for kind in row.accepts],
        "reduces_to": None if row.reduces_to is None else str(row.reduces_to),
        "infix": row.infix or None,
        "aliases": row.aliases,
        "expansion": row.expansion if isinstance(row, Composite) else None,
        "paper": row.paper,
    }


@click.command("rules")
@json_option
def rules_command(as_json: bool) -> None:
    """List the known rules."""
    records = []
    for name in rule_names():
        program = known_rule(name)
        graph = lower(program)
        about = " ".join(program.doc.split())
        records.append(
            {"name": name, "statements": graph.size, "slots": len(graph.slots), "about": about}
        )
    if as_json:
        click.echo(json.dumps(records, indent=2))
        return
    width = max(len(name) for name in rule_names())
    for record in records:
        first = str(record["about"]).split(". ")[0].rstrip(".")
        click.echo(
            f"{record['name']:<{width}} {record['statements']:>3} statements  "
            f"{record['slots']} slots  {first}"
        )
