"""Writes what a file says of itself: where its rule comes from, what it does and needs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from evosearch.export.notation.formula import equations, explanations
from evosearch.export.notation.provenance import Provenance, literal_text
from evosearch.graph.graph import HYPERPARAMETER, SOURCES, Graph
from evosearch.graph.value_ranges import hyperparameter_domains
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


def docstring(graph: Graph, provenance: Provenance, temporaries: int) -> list[str]:
    """Writes the class's docstring: the formulas, the memory that a step takes, the options."""
    explained = explanations(graph)
    held = sum(slot.kind is Kind.TENSOR for slot in graph.slots)
    steps = "t" in graph.labels("input")
    names = ", ".join(f"`{name}`" for name in (["step"] if steps else []))
    states = ", ".join(f"`{slot.name}`" for slot in graph.slots)
    kept = ", ".join(part for part in (names, states) if part)
    lines = ['r"""Each step computes, with `g` the gradient and all operations elementwise,', ""]
    for equation in equations(graph):
        lines += _formula(equation.plain)
    lines += ["    w[t] = (1 - lr*weight_decay)*w[t-1] - lr*u[t]", ""]
    if explained:
        lines += ["where", "", *(line for one in explained for line in _formula(one)), ""]
    if graph.slots:
        lines += _wrap(
            f"States start at zero; they take {_BYTES * held} bytes per parameter in single "
            "precision.",
            92,
        )
    else:
        lines.append("It keeps no state.")
    lines += _wrap(_memory(temporaries), 92)
    if kept:
        lines += _wrap(
            f"A state dict holds {kept} of each parameter, so those of optimizers that call or "
            "define them otherwise do not load.",
            92,
        )
    lines += ["", "Args:", "    params: parameters, or parameter groups with options of their own."]
    entries = [("lr", _rate(provenance))]
    entries += [
        (node.label, f"{_meaning(graph, node.label)}, {number(node.value)} by default.")
        for node in graph.nodes
        if node.op == HYPERPARAMETER
    ]
    entries += [
        ("weight_decay", "decoupled weight decay, relative to the learning rate."),
        ("foreach", "update all parameters of a group at once; None decides as torch does."),
        ("maximize", "ascend instead of descend."),
        ("capturable", "keep the step on the device, so that a CUDA graph can capture it."),
        ("differentiable", "let gradients flow through a step, which then overwrites nothing."),
    ]
    for name, meaning in entries:
        lines += _hanging(f"    {name}: {meaning}", 92, 8)
    return [*lines, '"""']


def _memory(temporaries: int) -> str:
    if not temporaries:
        return "A step needs no further memory."
    tensors = "one temporary" if temporaries == 1 else f"{temporaries} temporaries"
    return (
        f"A step takes {tensors} of a parameter's size at once; with `foreach`, of the sizes of "
        "all parameters of a group. With `maximize`, or a learning rate that is a tensor, there is "
        "one more."
    )


def _rate(provenance: Provenance) -> str:
    if provenance.rate is None:
        return "learning rate."
    return (
        f"learning rate; where this rule was measured, the best was {provenance.rate:.2g} times "
        "AdamW's."
    )


def _meaning(graph: Graph, name: str) -> str:
    """Tells what a hyperparameter does, as far as its place in the graph shows."""
    domain = hyperparameter_domains(graph)[name]
    (index,) = (i for i, n in enumerate(graph.nodes) if (n.op, n.label) == (HYPERPARAMETER, name))
    users = [
        (i, n, position)
        for i, n in enumerate(graph.nodes)
        if n.op not in SOURCES
        for position, operand in enumerate(n.operands)
        if operand == index
    ]
    if domain.high == 1.0:
        weighted = [i for i, n, at in users if n.primitive.decay_position == at > 0]
        decayed = [slot.name for slot in graph.slots if slot.write in weighted]
        if decayed and len(decayed) == len(weighted):
            return f"decay rate of {' and '.join(f'`{n}`' for n in decayed)}, in [0, 1)"
        return "decay rate in [0, 1)"
    sums = [i for i, n, _ in users if n.primitive.infix == "+"]
    divides = [
        i
        for i in sums
        for n in graph.nodes
        if n.op not in SOURCES
        for position, operand in enumerate(n.operands)
        if operand == i and n.primitive.argument_roles.get(position)
    ]
    if len(sums) == len(users) and len(divides) == len(sums):
        return "positive constant, added to a denominator"
    return "positive constant" if domain.low == 0.0 else "constant"


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
