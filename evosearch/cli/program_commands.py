"""The commands about programs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from evosearch.cli.options import json_option, primitives_option
from evosearch.errors import EvosearchError, ProgramError
from evosearch.export.formats import DEFAULT_FORMAT, FORMATS, name_of
from evosearch.export.notation.formula import equations, explanations
from evosearch.export.notation.names import is_class_name
from evosearch.export.notation.program_text import readable
from evosearch.export.pytorch.tests_file import test_source
from evosearch.graph.digest import digest
from evosearch.graph.lion_paper import convert
from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule, rule_names, rule_text
from evosearch.language.parser import examine, is_name, nothing_in, read_text
from evosearch.language.program import Program
from evosearch.plugins.additions import Additions
from evosearch.reports.references import resolve
from evosearch.screening.description import describe
from evosearch.screening.equivalence import hash_programs
from evosearch.screening.gates import GATES
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
    for formula in formulas:
        click.echo(f"  {formula.plain}")
    for line in explanations(graph):
        click.echo(f"  with {line}")
    click.echo("\nLaTeX:")
    for formula in formulas:
        click.echo(f"  {formula.latex}")


@click.command("export")
@primitives_option
@click.argument("program")
@click.option("--out", type=Path, required=True, help="The file to write.")
@click.option("--name", help="The class's name.  [default: from the program's]")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="torch", show_default=True
)
@click.option(
    "--with-tests", is_flag=True, help="Write a pytest file beside it; for torch optimizers."
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
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

    Or as an optax transformation, which needs jax and optax; as LaTeX; or as JSON.
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
    files = {out: FORMATS[form](reference, name)}
    if with_tests:
        tests = test_source(lower(reference.program), name_of(reference, name), out.stem)
        files[out.with_name(f"test_{out.stem}.py")] = tests
    for path in files:
        if path.exists() and not force:
            raise EvosearchError(f"{path}: exists already; choose another --out, or add --force")
    for path, text in files.items():
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise EvosearchError(
                f"{path}: cannot be written ({error.strerror}); choose another --out"
            ) from None
    what = f"class {name_of(reference, name)}" if form == DEFAULT_FORMAT else form
    click.echo(f"{out}: {what}, from {reference.origin}")
    for path in list(files)[1:]:
        click.echo(f"{path}: its tests; run `pytest {path}`")


@click.command("check")
@primitives_option
@click.argument("file", metavar="FILE...", nargs=-1, required=True)
@json_option
def check_command(additions: Additions, file: tuple[str, ...], as_json: bool) -> None:
    """Tell of each program in the FILEs whether it is valid, and what it is made of.

    A known rule's name will do for a file. The exit status is 1 if a program is not valid.
    """
    checked: list[tuple[str, str, Program | ProgramError]] = []
    for path in file:
        known = path in rule_names() and not Path(path).exists()
        text = rule_text(path) if known else read_text(Path(path))
        found = examine(text, path, additions.table)
        checked += [(path, name, outcome) for name, outcome in found]
        if not found:
            checked.append((path, path, nothing_in(path)))
    if as_json:
        click.echo(json.dumps([_check_record(*one) for one in checked], indent=2))
    else:
        click.echo("\n\n".join(_check_text(*one) for one in checked))
    if any(isinstance(outcome, ProgramError) for _, _, outcome in checked):
        sys.exit(1)


def _check_record(file: str, name: str, outcome: Program | ProgramError) -> dict[str, Any]:
    if isinstance(outcome, ProgramError):
        return {"file": file, "name": name, "valid": False, "error": str(outcome)}
    return {"file": file, "name": name, "valid": True, "error": None, **asdict(describe(outcome))}


def _check_text(file: str, name: str, outcome: Program | ProgramError) -> str:
    if isinstance(outcome, ProgramError):
        return f"{name}: not valid\n  {outcome}"
    d = describe(outcome)
    kinds: dict[str, list[str]] = {}
    for value, found in d.kinds.items():
        kinds.setdefault(", then ".join(found), []).append(value)
    slots = [f"{s.name} ({s.kind}{'' if s.live else ', dead'})" for s in d.slots]
    lines = [
        f"{name}: valid, of {file}",
        f"  inputs used:     {', '.join(d.inputs) or 'none'}",
        "  hyperparameters: "
        + (", ".join(f"{key}={value:g}" for key, value in d.hyperparameters.items()) or "none"),
        f"  state slots:     {', '.join(slots) or 'none'}; {d.state_bytes} bytes per parameter",
        f"  cost:            {d.operations} operations, "
        f"about {d.cost} flops per parameter and step",
        f"  statements:      {d.statements}, of which {len(d.dead_statements)} dead",
        *(f"    dead: {statement}" for statement in d.dead_statements),
        "  kinds:           "
        + "; ".join(f"{', '.join(names)}: {kind}" for kind, names in kinds.items()),
    ]
    if d.gate:
        lines.append(f"  a search would reject it: {_gate_text(d.gate)}")
    return "\n".join(lines)


@click.command("hash")
@primitives_option
@click.argument("program", metavar="PROGRAM...", nargs=-1, required=True)
@json_option
def hash_command(additions: Additions, program: tuple[str, ...], as_json: bool) -> None:
    """Say which of the PROGRAMs do the same, up to a positive factor.

    The digest is equal for programs of one canonical form. The class, named by the digest of the
    first of these programs in it, is found on a fixed probe; the scale is the root mean square of
    the direction there, so that the scales of one class give the factor between two rules.
    """
    hashed = hash_programs([resolve(text, additions).program for text in program])
    if as_json:
        records = [
            {"program": text, "digest": h.digest, "class": h.class_digest, "scale": h.scale}
            for text, h in zip(program, hashed, strict=True)
        ]
        click.echo(json.dumps(records, indent=2))
        return
    width = max(len(text) for text in program)
    for text, h in zip(program, hashed, strict=True):
        found = (
            f"class {h.class_digest[:12]}  scale {h.scale:.6g}"
            if h.class_digest
            else f"no class: {_gate_text(h.gate)}"
        )
        click.echo(f"{text:<{width}}  digest {h.digest[:12]}  {found}")
    members: dict[str, list[tuple[str, float]]] = {}
    for text, h in zip(program, hashed, strict=True):
        if h.class_digest:
            members.setdefault(h.class_digest, []).append((text, h.scale))
    for (first, scale), *others in members.values():
        for text, other in others:
            times = "" if abs(other / scale - 1) < 1e-4 else f" times {other / scale:.6g}"
            click.echo(f"{text} does the same as {first}{times}")


def _gate_text(name: str | None) -> str:
    return next(f"{gate} (gate '{name}')" for gate in GATES if gate.name == name)


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


PROGRAM_COMMANDS = (
    show_command,
    check_command,
    hash_command,
    export_command,
    convert_command,
    rules_command,
    primitives_command,
)
