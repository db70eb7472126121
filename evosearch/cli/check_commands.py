"""Defines the commands that describe a program without training it: check, hash, recognise."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from evosearch.cli.options import json_option, primitives_option
from evosearch.errors import ProgramError
from evosearch.language.library import rule_names, rule_text
from evosearch.language.parser import examine, nothing_in, read_text
from evosearch.language.program import Program
from evosearch.plugins.additions import Additions
from evosearch.recognition.recognition import recognise
from evosearch.recognition.wording import sentence
from evosearch.reports.references import resolve
from evosearch.screening.description import describe
from evosearch.screening.equivalence import hash_programs
from evosearch.screening.gates import GATES


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
        programs = examine(text, path, additions.table)
        checked += [(path, name, outcome) for name, outcome in programs]
        if not programs:
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
    for value, taken in d.kinds.items():
        kinds.setdefault(", then ".join(taken), []).append(value)
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

    The digest is equal for programs of one canonical form, the structure for programs that differ
    in constants alone. The class, named by the digest of the
    first of these programs in it, is found on a fixed probe; the scale is the root mean square of
    the direction there, so that the scales of one class give the factor between two rules.
    """
    hashed = hash_programs([resolve(text, additions).program for text in program])
    if as_json:
        records = [
            {
                "program": text,
                "digest": h.digest,
                "structure": h.structure,
                "class": h.class_digest,
                "scale": h.scale,
            }
            for text, h in zip(program, hashed, strict=True)
        ]
        click.echo(json.dumps(records, indent=2))
        return
    width = max(len(text) for text in program)
    for text, h in zip(program, hashed, strict=True):
        known = (
            f"class {h.class_digest[:12]}  scale {h.scale:.6g}"
            if h.class_digest
            else f"no class: {_gate_text(h.gate)}"
        )
        identity = f"digest {h.digest[:12]}  structure {h.structure[:12]}"
        click.echo(f"{text:<{width}}  {identity}  {known}")
    members: dict[str, list[tuple[str, float]]] = {}
    for text, h in zip(program, hashed, strict=True):
        if h.class_digest:
            members.setdefault(h.class_digest, []).append((text, h.scale))
    for (first, scale), *others in members.values():
        for text, other in others:
            times = "" if abs(other / scale - 1) < 1e-4 else f" times {other / scale:.6g}"
            click.echo(f"{text} does the same as {first}{times}")


@click.command("recognise")
@primitives_option
@click.argument("program", metavar="PROGRAM...", nargs=-1, required=True)
@json_option
def recognise_command(additions: Additions, program: tuple[str, ...], as_json: bool) -> None:
    """Say which known rule each PROGRAM is, or to which it comes nearest.

    It is identical to a rule if the two move alike up to a factor; equal up to constants, which are
    named; it may contain a rule; or a rule, its constants fitted, is the nearest. What is compared
    is what they do on fixed gradients. The distance is the part of the program's direction that
    the rule does not explain, from 0 to 1.
    """
    recognised = [recognise(resolve(text, additions).program) for text in program]
    if as_json:
        records = [
            {"program": text, **asdict(one)} for text, one in zip(program, recognised, strict=True)
        ]
        click.echo(json.dumps(records, indent=2))
        return
    for text, one in zip(program, recognised, strict=True):
        click.echo(sentence(text, one))


def _gate_text(name: str | None) -> str:
    return next(f"{gate} (gate '{name}')" for gate in GATES if gate.name == name)
