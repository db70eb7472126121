"""Tells people what simplification did."""

from __future__ import annotations

from collections.abc import Iterator

from evosearch.ablation.difference import Difference
from evosearch.ablation.measured import Measured
from evosearch.export.notation.program_text import readable
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.simplification.result import FirstSteps, Simplified


def told(simplified: Simplified, measured: Measured | None, origin: str) -> Iterator[str]:
    """Yields lines: each step and why it is allowed, what parts are worth, the program."""
    before, after = simplified.before, simplified.after
    yield (
        f"# {origin}; {len(before.statements)} statements become {len(after.statements)}, "
        f"{len(before.slots)} state slots {len(after.slots)}"
    )
    for step in simplified.steps:
        yield f"{step.stage}: {step.before} statements become {step.after}"
        yield f"  {step.why}"
        yield from (f"    {rule}" for rule in step.rules)
    if not simplified.steps:
        yield "nothing shorter was found"
    if simplified.dropped:
        yield (
            f"dropped, as the probes show a difference: {len(simplified.dropped)} "
            f"({', '.join(sorted(set(simplified.dropped)))})"
        )
    if simplified.factor != 1:
        yield (
            f"its direction was {simplified.factor:.6g} times this one's, so the same training has "
            f"{simplified.factor:.6g} times the learning rate, and the weight decay divided by that"
        )
    if measured is not None:
        yield from _worths(measured)
        yield "what is left, in tunings that chose nothing, has times the speed of what came in:"
        yield f"  {_verdict(measured.tuned)} with its constants tuned"
        yield f"  {_verdict(measured.written)} with the constants below"
    yield f"\n{_text(after)}"
    if simplified.first_steps is not None:
        yield from _first_steps(simplified.first_steps)


def _worths(measured: Measured) -> Iterator[str]:
    yield f"what each part is worth on {', '.join(measured.tasks)}: the speed if it is replaced"
    rows = [
        (one.node, f"by {one.instead}", _interval(one.speed))
        if one.speed
        else (one.node, "", "nothing that trains is left")
        for one in measured.worths
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for node, instead, speed in rows:
        yield f"  {node:<{widths[0]}}  {instead:<{widths[1]}}  {speed}"


def _interval(speed: Difference) -> str:
    text = f"{speed.speed:.2f} [{speed.low:.2f}, {speed.high:.2f}]"
    return f"{text}, given up early" if speed.given_up else text


def _verdict(speed: Difference) -> str:
    word = "slower" if speed.high < 1 else "faster" if speed.low > 1 else "no difference"
    return f"{_interval(speed)} ({word})"


def _first_steps(first: FirstSteps) -> Iterator[str]:
    yield f"\nwith --drop-vanishing it {first}:"
    yield from (f"    {what}" for what in first.what)
    yield f"\n{_text(first.program)}"


def _text(program: Program) -> str:
    return readable(lower(program), program.name).rstrip()
