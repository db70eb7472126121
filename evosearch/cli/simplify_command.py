"""Defines the command that finds a shorter program which does the same: simplify."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import click

from evosearch.api import simplify
from evosearch.cli.options import json_option, primitives_option
from evosearch.export.notation.program_text import readable
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.plugins.additions import Additions
from evosearch.reports.references import resolve
from evosearch.simplification.stages import Simplified


@click.command("simplify")
@primitives_option
@click.argument("program")
@json_option
def simplify_command(additions: Additions, program: str, as_json: bool) -> None:
    """Find the shortest program that does the same as a PROGRAM.

    Up to a positive factor of the direction, which is told, as the learning rate takes it up. Each
    step is proven by algebra and then checked on two probes; what differs there is dropped.
    """
    reference = resolve(program, additions)
    simplified = simplify(replace(reference.program, name=reference.name))
    if as_json:
        record = {
            "before": _record(simplified.before),
            "after": _record(simplified.after),
            "steps": [asdict(step) for step in simplified.steps],
            "factor": simplified.factor,
            "dropped": simplified.dropped,
        }
        click.echo(json.dumps(record, indent=2))
        return
    click.echo("\n".join(_told(simplified, reference.origin)))


def _record(program: Program) -> dict[str, Any]:
    return {
        "text": readable(lower(program), program.name),
        "statements": len(program.statements),
        "slots": len(program.slots),
    }


def _told(simplified: Simplified, origin: str) -> list[str]:
    before, after = simplified.before, simplified.after
    lines = [
        f"# {origin}; {len(before.statements)} statements become {len(after.statements)}, "
        f"{len(before.slots)} state slots {len(after.slots)}"
    ]
    for step in simplified.steps:
        lines += [f"{step.stage}: {step.before} statements become {step.after}", f"  {step.why}"]
        lines += [f"    {rule}" for rule in step.rules]
    if not simplified.steps:
        lines.append("nothing shorter was found")
    if simplified.dropped:
        lines.append(
            f"dropped, as the probes show a difference: {len(simplified.dropped)} "
            f"({', '.join(sorted(set(simplified.dropped)))})"
        )
    if simplified.factor != 1:
        lines.append(
            f"its direction was {simplified.factor:.6g} times this one's, so the same training has "
            f"{simplified.factor:.6g} times the learning rate, and the weight decay divided by that"
        )
    return [*lines, "", readable(lower(after), after.name).rstrip()]


SIMPLIFY_COMMANDS = (simplify_command,)
