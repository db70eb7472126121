"""The commands about programs and tasks: show, export, rules, tasks."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from evosearch import yardstick as yardsticks
from evosearch.digest import digest
from evosearch.errors import EvosearchError
from evosearch.execution import configure_process
from evosearch.export import Provenance, class_name, is_class_name, to_source
from evosearch.formula import equations, explanations
from evosearch.library import known_rule, rule_names
from evosearch.lowering import lower
from evosearch.options import json_option
from evosearch.readable import readable
from evosearch.references import RUNS, resolve
from proxies import TASKS, Task


@click.command("show")
@click.argument("program")
@json_option
def show_command(program: str, as_json: bool) -> None:
    """Print a PROGRAM without its dead code, as text and as formulas."""
    reference = resolve(program)
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
@click.argument("program")
@click.option("--out", type=Path, required=True, help="The file to write.")
@click.option("--name", help="The class's name.  [default: from the program's]")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def export_command(program: str, out: Path, name: str | None, force: bool) -> None:
    """Write a PROGRAM as a torch optimizer, in one file that needs only torch."""
    reference = resolve(program)
    if name is not None and not is_class_name(name):
        raise click.UsageError(f"--name: '{name}' cannot name a class of the file")
    graph = lower(reference.program)
    source = to_source(
        graph,
        name or class_name(reference.name),
        Provenance(
            origin=reference.origin,
            digest=digest(lower(reference.program, bind=True)),
            version=version("evosearch"),
            evidence=reference.evidence,
        ),
        lr=float(f"{1e-3 * reference.rate:.1g}"),
    )
    if out.exists() and not force:
        raise EvosearchError(f"{out}: exists already; choose another --out, or add --force")
    try:
        out.write_text(source, encoding="utf-8")
    except OSError as error:
        raise EvosearchError(
            f"{out}: cannot be written ({error.strerror}); choose another --out"
        ) from None
    click.echo(f"{out}: class {name or class_name(reference.name)}, from {reference.origin}")


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
    for record in records:
        click.echo(
            f"{record['name']:<16} {record['statements']:>2} statements  "
            f"{record['slots']} slots  {record['about']}"
        )


@click.command("tasks")
@click.option("--qualify", is_flag=True, help="Measure AdamW's yardstick where it is not cached.")
@json_option
def tasks_command(qualify: bool, as_json: bool) -> None:
    """List the proxy tasks, with AdamW's yardstick where it was measured.

    The yardstick is tuned AdamW's loss at 1/4 to 4 times the task's steps; the resolution is the
    speed-up that one seed can tell from none.
    """
    configure_process()
    records = [_task_record(task, qualify) for task in TASKS.values()]
    if as_json:
        click.echo(json.dumps(records, indent=2))
        return
    for record in records:
        click.echo(f"{record['name']}: {record['summary']}")
        click.echo(
            f"  {record['parameters']} parameters, {record['steps']} steps of "
            f"{record['batch_size']} examples"
        )
        if record["yardstick"] is None:
            click.echo("  yardstick not measured yet; --qualify does")
            continue
        points = ", ".join(f"{p['loss']:.3f} at {p['steps']}" for p in record["yardstick"])
        click.echo(
            f"  AdamW's loss: {points} steps; resolution {record['resolution']:.0%} per seed"
        )


def _task_record(task: Task, qualify: bool) -> dict[str, Any]:
    path = yardsticks.cache_path(RUNS / "yardsticks", task)
    yardstick = yardsticks.load(path)
    if yardstick is None and qualify:
        yardstick = yardsticks.measure(task)
        yardsticks.save(path, yardstick)
    return {
        "name": task.name,
        "summary": task.summary,
        "parameters": sum(p.numel() for p in task.model().parameters()),
        "steps": task.steps,
        "batch_size": task.batch_size,
        "yardstick": None
        if yardstick is None
        else [{"steps": p.steps, "rate": p.rate, "loss": p.loss} for p in yardstick.points],
        "resolution": None if yardstick is None else yardstick.resolution,
    }


PROGRAM_COMMANDS = (show_command, export_command, rules_command, tasks_command)
