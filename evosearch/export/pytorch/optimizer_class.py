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
from evosearch.export.notation.python_text import call, literal, shape_text
from evosearch.export.notation.templates import filled
from evosearch.export.notation.totals import Total
from evosearch.export.pytorch.docstrings import docstring
from evosearch.export.pytorch.file_plan import FilePlan
from evosearch.export.pytorch.foreach import MultiTensorCode
from evosearch.export.pytorch.functions import read_by
from evosearch.export.pytorch.options import check_lines
from evosearch.export.pytorch.single import SingleTensorCode
from evosearch.export.pytorch.step import value_of
from primitives import Kind


def optimizer_class(plan: FilePlan) -> list[str]:
    """Writes the class, and the function by which it chooses how to move parameters."""
    lists = plan.lists
    states = [lists[slot.name] for slot in plan.graph.slots]
    sources = [{"p": "p", "g": "p.grad"}.get(name, f'state["{name}"]') for name in lists]
    declared = [f"{one.name}: {one.type} = {one.default}," for one in plan.own_options]
    leading = [option.leads for option in plan.own_options]
    return filled(
        "optimizer.py.txt",
        {
            "name": plan.name,
            "counts": plan.counts,
            "elementwise": plan.elementwise,
            "reduces": bool(plan.reductions),
            "reductions": " and ".join(plan.reductions),
            "looks_along_sides": bool(plan.sides),
            "sides": " and ".join(plan.sides),
            "parts_shards": not _lists_take_shards(plan),
            "totals": bool(plan.totals),
            "keeps": plan.counts or bool(states),
            "docstring": docstring(plan, _temporaries(plan)),
            "lr": literal(plan.provenance.learning_rate),
            "leading": [one for one, leads in zip(declared, leading, strict=True) if leads],
            "options": [one for one, leads in zip(declared, leading, strict=True) if not leads],
            "constants": bool(plan.own_options),
            "identity": plan.provenance.digest[:16],
            "constant_names": _listed([option.name for option in plan.own_options]),
            "fixed": bool(plan.fixed),
            "fixed_options": [f'"{name}": {value},' for name, value in plan.fixed.items()],
            "decouples": str(plan.counterpart is not None and plan.counterpart.decouples),
            "called": "" if plan.counterpart is None else plan.counterpart.called,
            "checks": [
                line for option in plan.own_options for line in check_lines(option, plan.domains)
            ],
            "read": [
                f'{option.name} = options["{option.name}"]'
                for option in plan.own_options
                if check_lines(option, plan.domains)
            ],
            "names": [f'"{option.name}": {option.name},' for option in plan.own_options],
            "filled_in": [
                f'group.setdefault("{option.name}", {option.default})'
                for option in plan.own_options
            ],
            "shapes": [f'"{name}": {shape},' for name, shape in _shapes(plan).items()],
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


def _lists_take_shards(plan: FilePlan) -> bool:
    """Tells whether the code for lists runs on DTensors too, as none does that reduces them."""
    if plan.reductions:
        return False
    code = MultiTensorCode(plan.step, plan.taken, plan.moved)
    code.statements()
    return code.takes_shards


def _shapes(plan: FilePlan) -> dict[str, str]:
    """Writes code of the shape of each state that is kept of a parameter `p`."""
    shapes = {"step": "()"} if plan.counts else {}
    return shapes | {slot.name: shape_text(slot.kind, "p") for slot in plan.graph.slots}


def _listed(names: Sequence[str]) -> str:
    """Writes a tuple of texts."""
    texts = ", ".join(f'"{name}"' for name in names)
    return f"({texts},)" if len(names) == 1 else f"({texts})"


def _zeros(plan: FilePlan) -> list[str]:
    """Writes code that makes a parameter's states."""
    lines = []
    for slot in plan.graph.slots:
        shape = shape_text(slot.kind, "p")
        made = "torch.zeros_like(p, memory_format=torch.preserve_format)"
        if slot.kind is not Kind.TENSOR:
            full = f"zeros({shape})" if slot.start == 0 else f"full({shape}, {slot.start})"
            made = f"p.real.new_{full}"
        lines.append(f'state["{slot.name}"] = {made}')
    return lines


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
        Assign(total.name, Expression(finish.format("_summed(parts)"))),
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
