"""Writes the class of an exported file: its options, its states, its step."""

from __future__ import annotations

from collections.abc import Sequence

from evosearch.export.notation.code import (
    Assign,
    Expression,
    For,
    Increase,
    Statement,
    lines_of,
    mentioned,
)
from evosearch.export.notation.line_breaking import WIDTH
from evosearch.export.notation.python_text import call, literal
from evosearch.export.notation.templates import filled
from evosearch.export.notation.totals import Total
from evosearch.export.pytorch.docstrings import docstring
from evosearch.export.pytorch.file_plan import FilePlan
from evosearch.export.pytorch.functions import read_by
from evosearch.export.pytorch.single import SingleTensorCode
from evosearch.export.pytorch.step import WEIGHT_DECAY, value_of
from primitives import Kind


def optimizer_class(plan: FilePlan) -> list[str]:
    """Writes the class, and the function by which it chooses how to move parameters."""
    lists, hyperparameters = plan.lists, plan.hyperparameters
    states = [lists[slot.name] for slot in plan.graph.slots]
    sources = [{"p": "p", "g": "p.grad"}.get(name, f'state["{name}"]') for name in lists]
    return filled(
        "optimizer.py.txt",
        {
            "name": plan.name,
            "counts": plan.counts,
            "elementwise": plan.elementwise,
            "totals": bool(plan.totals),
            "keeps": plan.counts or bool(states),
            "docstring": docstring(plan.graph, plan.provenance, _temporaries(plan)),
            "lr": literal(plan.provenance.learning_rate),
            "options": [f"{n}: float = {literal(v)}," for n, v in hyperparameters.items()],
            "checks": _checks(plan),
            "names": [f'"{name}": {name},' for name in hyperparameters],
            "filled_in": [
                f'group.setdefault("{n}", {literal(v)})' for n, v in hyperparameters.items()
            ],
            "lists": [f"{plural}: list[Tensor]," for plural in lists.values()],
            "fills": [
                f"{plural}.append({source})"
                for plural, source in zip(lists.values(), sources, strict=True)
            ],
            "zeros": _zeros(plan),
            "new_lists": [f"{plural}: list[Tensor] = []" for plural in lists.values()],
            "all_lists": ", ".join(lists.values()),
            "viewed": ", ".join([*(lists[name] for name in ("p", "g") if name in lists), *states]),
            "batch": plan.unpacked(lists),
            "sums": lines_of(_sums(plan)),
            "moved": plan.unpacked(plan.moved),
            "update": _update(plan),
            "suffix": plan.suffix,
            "choice": _choice(plan),
        },
    )


def _temporaries(plan: FilePlan) -> int:
    """Gives the largest number of tensors of a parameter's shape that a step has at once."""
    parts = [value_of(total.graph, total.ranges) for total in plan.cut.totals]
    return max(SingleTensorCode(step, plan.taken).temporaries for step in (plan.step, *parts))


def _checks(plan: FilePlan) -> list[str]:
    """Writes code that refuses values for which the rest was not derived."""
    conditions = [("lr", "lr >= 0.0"), (WEIGHT_DECAY, f"{WEIGHT_DECAY} >= 0.0")]
    for name, domain in plan.domains.items():
        if domain.high == 1.0:
            conditions.append((name, f"0.0 <= {name} < 1.0"))
        elif domain.low == 0.0:
            conditions.append((name, f"{name} > 0.0"))
    lines = []
    for name, condition in conditions:
        message = f'f"Invalid {name}: {{{name}}}; expected {condition}"'
        lines += [f"if not {condition}:", f"    raise ValueError({message})"]
    return lines


def _zeros(plan: FilePlan) -> list[str]:
    """Writes code that makes a parameter's states."""
    tensor = "torch.zeros_like(p, memory_format=torch.preserve_format)"
    return [
        f'state["{slot.name}"] = '
        + (tensor if slot.kind is Kind.TENSOR else "p.real.new_zeros(())")
        for slot in plan.graph.slots
    ]


def _sums(plan: FilePlan) -> list[Statement]:
    """Writes code of the reductions over all parameters, in their order."""
    statements: list[Statement] = []
    for place, total in enumerate(plan.cut.totals):
        statements += _sum_up(plan, total, plan.totals[:place])
    return statements


def _sum_up(plan: FilePlan, total: Total, known: Sequence[str]) -> list[Statement]:
    """Writes code of a reduction over all parameters, from its parts."""
    finish = total.graph.nodes[total.graph.direction].primitive.finish
    names = read_by(plan, total)
    arguments = plan.arguments([plan.lists[n] for n in names], plan.labels_of(total), known)
    parts = Expression(f"_{total.name}_parts({', '.join(arguments)})")
    add = Increase("parts", parts)
    group = "group" if "group" in mentioned([add]) else "_"
    return [
        Assign("parts", Expression("[]"), "" if known else "list[Tensor]"),
        For((group, plan.unpacked(names)), Expression("batches"), (add,)),
        Assign("parts", Expression("[part.to(parts[0]) for part in parts]")),
        Assign(total.name, Expression(finish.format("torch.stack(parts).sum()"))),
    ]


def _update(plan: FilePlan) -> list[str]:
    """Writes code that moves the parameters of a group."""
    arguments = plan.arguments([*plan.moved.values()], plan.labels, plan.totals)
    if plan.elementwise:
        arguments.append("has_complex=has_complex")
    return ["update_group = _chosen(group, params)", *call("update_group", arguments)]


def _choice(plan: FilePlan) -> list[str]:
    """Writes the end of the function that chooses: by lists or one by one."""
    lists, single = f"_multi_tensor_{plan.suffix}", f"_single_tensor_{plan.suffix}"
    line = f"return {lists} if foreach else {single}"
    if len(line) + 4 <= WIDTH:
        return [line]
    return ["if foreach:", f"    return {lists}", f"return {single}"]
