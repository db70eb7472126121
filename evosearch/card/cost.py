"""Measures what a step costs: bytes of state, arithmetic, and time beside AdamW's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import torch

from evosearch.card.section import Fact, Section, short
from evosearch.export.formats import name_of, source_of
from evosearch.export.notation.provenance import Reference
from evosearch.export.pytorch.loading import class_in
from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule
from evosearch.language.program import Program
from evosearch.scoring.yardstick import BASELINE
from evosearch.screening.description import describe
from primitives import Kind
from proxies.keys import torch_seed

_TENSORS, _SIDE = 16, 256
"""A model of 16 square matrices, 1.05M parameters."""
_ROUNDS = 41
_WARM = 3
_HALF = 2
"""Bytes of a number in bfloat16, of which one in single precision has twice as many."""
_ALIKE = 1.15
"""The ratio of times up to which two steps take about as long."""


@dataclass(frozen=True)
class Cost:
    """Says what a step costs."""

    state_bytes: int
    """Bytes of state per parameter in float32."""
    state_bytes_bfloat16: int
    small_states: int
    """The states of one number per tensor, or one in all, which take next to nothing."""
    primitives: int
    """The size of the graph."""
    operations: int
    """Arithmetic operations per parameter and step, roughly."""
    least_traffic: int
    """The numbers that any code must read and write per parameter and step: the gradient, and
    weights and states there and back."""
    seconds: float
    """The least time of a step of the exported optimizer on 1.05M parameters, one thread."""
    ratio: float
    """That time over the one of AdamW, exported likewise and measured in alternation."""
    parameters: int = _TENSORS * _SIDE**2


def cost(program: Program) -> Cost:
    """Measures what a step costs. Torch is given one thread meanwhile."""
    told, graph = describe(program), lower(program, bind=True)
    tensors = sum(slot.kind is Kind.TENSOR for slot in graph.slots)
    own, other = _least_seconds([_stepper(program), _stepper(known_rule(BASELINE))])
    return Cost(
        state_bytes=told.state_bytes,
        state_bytes_bfloat16=_HALF * tensors,
        small_states=len(graph.slots) - tensors,
        primitives=told.operations,
        operations=told.cost,
        least_traffic=3 + 2 * tensors,
        seconds=own,
        ratio=own / other,
    )


def _stepper(program: Program) -> Callable[[], object]:
    """Makes the step of the exported optimizer on weights and gradients of its own."""
    reference = Reference(program, program.name, f"program {program.name}")
    kind = class_in(source_of(reference, None), name_of(reference, None))
    draw = torch.Generator().manual_seed(torch_seed("card", "cost"))
    weights = [torch.randn(_SIDE, _SIDE, generator=draw) for _ in range(_TENSORS)]
    for weight in weights:
        weight.grad = torch.randn(_SIDE, _SIDE, generator=draw)
    step: Callable[[], object] = kind(weights, lr=1e-3).step  # type: ignore[call-arg]
    return step


def _least_seconds(steps: list[Callable[[], object]]) -> list[float]:
    """Times functions in turn, so that what else the machine does meets all of them alike.

    The fastest call counts, since other work on the machine only adds time. Medians do not do: on
    a busy machine steps take one of two times, and a ratio of medians came to a tenth, and to three
    times, of what it was on an idle one.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    times: list[list[float]] = [[] for _ in steps]
    try:
        for number in range(_WARM + _ROUNDS):
            for step, own in zip(steps, times, strict=True):
                started = perf_counter()
                step()
                if number >= _WARM:
                    own.append(perf_counter() - started)
    finally:
        torch.set_num_threads(threads)
    return [min(own) for own in times]


def cost_section(program: Program) -> Section:
    """Tells what a step costs."""
    values = cost(program)
    small = f", and {values.small_states} of next to nothing" if values.small_states else ""
    facts = (
        Fact(
            "state per parameter",
            f"{values.state_bytes} bytes in float32, {values.state_bytes_bfloat16} in "
            f"bfloat16{small}",
        ),
        Fact("operations of the graph", str(values.primitives)),
        Fact("arithmetic per parameter and step", f"about {values.operations} operations"),
        Fact(
            "memory traffic per parameter and step", f"{values.least_traffic} numbers at the least"
        ),
        Fact(
            "time of a step on 1.05M parameters",
            f"{short(1000 * values.seconds)} ms, {values.ratio:.2f} times AdamW's",
        ),
    )
    return Section(
        "cost",
        "Memory and time",
        "Counted on the graph; the exported optimizer was timed in alternation with AdamW exported "
        f"likewise (the fastest of {_ROUNDS} steps each, one thread). Times are this machine's.",
        facts,
        _meaning(values),
        values,
    )


def _meaning(values: Cost) -> str:
    adamw = 8
    if values.state_bytes == adamw:
        memory = "It needs as much memory for states as AdamW"
    elif values.state_bytes:
        memory = (
            f"It needs {values.state_bytes / adamw:.2g} times as much memory for states as AdamW "
            f"({adamw} bytes)"
        )
    else:
        memory = f"It needs no memory for states to speak of, where AdamW needs {adamw} bytes"
    if 1 / _ALIKE <= values.ratio <= _ALIKE:
        return f"{memory}; a step takes about as long."
    return (
        f"{memory}; a step takes {values.ratio:.2g} times as long, which matters only where "
        "forward and backward passes are short."
    )
