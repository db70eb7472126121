"""Writes what a file says of itself: where its rule comes from, what it does and needs."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from evosearch.export.formulas.equations import equations, explanations
from evosearch.export.formulas.meanings import meaning
from evosearch.export.notation.provenance import Provenance, literal_text
from evosearch.export.pytorch.file_plan import FilePlan
from evosearch.export.pytorch.options import Option
from evosearch.graph.graph import Graph
from evosearch.language.number_text import number
from primitives import Kind

_WIDTH = 96
_BYTES = 4
"""The bytes that a number takes in single precision."""


def header(name: str, provenance: Provenance) -> list[str]:
    """Writes the module's docstring."""
    lines = [
        f'"""{name}, an optimizer for PyTorch, written by evosearch {provenance.version}.',
        "",
        *_wrap(f"Origin: {literal_text(provenance.origin)}."),
        f"Canonical digest: {provenance.digest}.",
    ]
    if provenance.evidence:
        lines += ["", *_wrap(literal_text(provenance.evidence))]
    return [*lines, '"""']


def docstring(plan: FilePlan, temporaries: int) -> list[str]:
    """Writes the class's docstring: the formulas, the memory that a step takes, the options.

    Formulas have the letters of the rule's author; what torch calls otherwise is told.
    """
    graph = plan.rule
    explained = explanations(graph)
    names = "`step`" if plan.counts else ""
    states = ", ".join(f"`{slot.name}`" for slot in plan.graph.slots)
    kept = ", ".join(part for part in (names, states) if part)
    lines = [*_on_shards(plan), ""] if plan.reductions else []
    lines += ["Each step computes, with `g` the gradient and all operations elementwise,", ""]
    for equation in equations(graph):
        lines += _formula(equation.code)
    lines.append("")
    if any(kind in (Kind.ROW, Kind.COLUMN) for kind in {node.kind for node in graph.nodes}):
        lines += [*_wrap(_VIEW, 92), ""]
    if explained:
        lines += ["where", "", *(line for one in explained for line in _formula(one)), ""]
    if graph.slots:
        lines += _wrap(f"States start at zero; {_held(graph)} in single precision.", 92)
    else:
        lines.append("It keeps no state.")
    lines += _wrap(_memory(temporaries, bool(plan.sides)), 92)
    if kept:
        lines += _wrap(f"A state dict holds {kept} of each parameter. {_in_torch(plan)}", 92)
    if plan.renames:
        pairs = ", ".join(f"`{new}` for `{old}`" for old, new in plan.renames.items())
        lines += _wrap(f"The file, or torch, uses names of the program: here is {pairs}.", 92)
    lines += ["", "Args:", "    params: parameters, or parameter groups with options of their own."]
    entries = [("lr", _rate(plan.provenance))]
    entries += [(option.name, _explained(plan, option)) for option in plan.own_options]
    entries += [
        ("weight_decay", "decoupled weight decay, relative to the learning rate."),
        ("foreach", "update all parameters of a group at once; None decides as torch does."),
        ("maximize", "ascend instead of descend."),
        ("capturable", "keep the step on the device, so that a CUDA graph can capture it."),
        ("differentiable", "let gradients flow through a step, which then overwrites nothing."),
        ("fused", "taken as torch's optimizers take it; there is no fused kernel."),
    ]
    for name, phrase in entries:
        lines += _hanging(f"    {name}: {phrase}", 92, 8)
    return [f'r"""{lines[0]}', *lines[1:], '"""']


def _on_shards(plan: FilePlan) -> Sequence[str]:
    """Says where the rule would be another one, as it does not go element by element."""
    operations = " and ".join(f"`{name}`" for name in plan.reductions)
    if plan.sides:
        return _wrap(
            f"Takes {operations} of whole parameters, which no process may have a part of: it "
            "refuses DTensors (FSDP2, tensor parallelism) and, where it can tell them, flattened "
            "shards (FSDP1, DeepSpeed's ZeRO).",
            88,
        )
    some = " or where a process has some of the parameters (ZeroRedundancyOptimizer)"
    return _wrap(
        f"Takes {operations} of whole parameters, which FSDP2 or tensor parallelism may shard. "
        f"Under flattened shards (FSDP1, DeepSpeed's ZeRO){some if plan.totals else ''} it would "
        "be another rule; it refuses those that it can tell.",
        88,
    )


def _explained(plan: FilePlan, option: Option) -> str:
    """Says what an option does, and what it is called in the formulas."""
    phrases = []
    for name, value in option.defaults.items():
        letter = plan.letters.get(name, name)
        called = "" if letter == option.name else f"`{letter}`, "
        phrases.append(f"{called}{meaning(plan.rule, letter)}, {number(value)} by default")
    return "; ".join(phrases) + "."


def _in_torch(plan: FilePlan) -> str:
    """Says which optimizer of torch's the rule is, and what that calls the states."""
    if plan.counterpart is None:
        return "One whose states are others does not load."
    renamed = []
    for slot in plan.graph.slots:
        letter = plan.letters[slot.name]
        if letter != slot.name:
            renamed.append(f"`{slot.name}` is {'1 - ' if slot.start else ''}`{letter}`")
    called = f"; {', '.join(renamed)}" if renamed else ""
    return (
        f"With decoupled weight decay it is `{plan.counterpart.called}`, whose checkpoints load "
        f"here and the other way round{called}."
    )


_VIEW = (
    "Rows and columns are those of a matrix: of a parameter of more than two dimensions all but "
    "the first are one, and a vector is a column."
)


def _held(graph: Graph) -> str:
    """Tells what the states take, by what there is one number for."""
    kinds = Counter(slot.kind for slot in graph.slots)
    units = {Kind.TENSOR: "parameter", Kind.ROW: "row", Kind.COLUMN: "column"}
    parts = [
        f"{_BYTES * kinds[kind]} bytes per {unit}"
        for kind, unit in units.items()
        if kinds[kind] or (kind is Kind.TENSOR and not (kinds[Kind.ROW] or kinds[Kind.COLUMN]))
    ]
    return f"they take {' and '.join(parts)}"


def _memory(temporaries: int, sides: bool) -> str:
    if not temporaries:
        return "A step needs no further memory."
    tensors = "one temporary" if temporaries == 1 else f"{temporaries} temporaries"
    return (
        f"A step takes {tensors} of a parameter's size at once; with `foreach`, of the sizes of "
        "all parameters of a group. With `maximize`, or a learning rate that is a tensor, there is "
        "one more." + " Of a vector, what there is for each row is as large as itself." * sides
    )


def _rate(provenance: Provenance) -> str:
    if provenance.rate is None:
        return "learning rate."
    return (
        f"learning rate; where this rule was measured, the best was {provenance.rate:.2g} times "
        "AdamW's."
    )


def _formula(text: str) -> list[str]:
    return _hanging(f"    {text}", 92, 8)


def _hanging(text: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        subsequent_indent=" " * indent,
        break_long_words=True,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def _wrap(text: str, width: int = _WIDTH) -> Sequence[str]:
    # A path stays whole, so that it can be copied.
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
