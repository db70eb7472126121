"""Writes the functions that move parameters: one by one, in lists, differentiably."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from evosearch.export.notation.code import (
    Assign,
    Evaluate,
    Expression,
    For,
    Function,
    If,
    Increase,
    Return,
    Statement,
    in_step,
    mentioned,
)
from evosearch.export.notation.totals import Total
from evosearch.export.pytorch.file_plan import FilePlan, in_all
from evosearch.export.pytorch.foreach import MultiTensorCode
from evosearch.export.pytorch.single import SingleTensorCode
from evosearch.export.pytorch.step import value_of
from evosearch.graph.graph import SLOT


def functions(plan: FilePlan) -> list[Function]:
    """Writes all functions that move the parameters, or compute the parts of the file's totals."""
    return [
        _single(plan),
        _multi(plan),
        _differentiable(plan),
        *(_parts(plan, total) for total in plan.cut.totals),
    ]


def _mover(plan: FilePlan, start: str, body: Sequence[Statement]) -> Function:
    """Makes a function that moves the parameters of a list."""
    options = _declared(plan, plan.labels, plan.totals)
    options += ["has_complex: bool"] if plan.elementwise else []
    arguments = [f"{plural}: list[Tensor]" for plural in plan.moved.values()]
    arguments += ["*", *options] if options else []
    return Function(f"{start}_{plan.suffix}", tuple(arguments), "None", tuple(body))


def _declared(plan: FilePlan, labels: Collection[str], totals: Sequence[str]) -> list[str]:
    """Declares the options of a function with their types."""
    return [f"{name}: {kind}" for name, (kind, _) in plan.options(labels, totals).items()]


def _single(plan: FilePlan) -> Function:
    body = [
        *_viewed(plan),
        *_prepared(plan, plan.labels),
        *SingleTensorCode(plan.step, plan.taken).statements(),
    ]
    loop = _loop(plan, _used(plan.moved, body), body)
    return _mover(plan, "_single_tensor", [loop])


def _loop(plan: FilePlan, names: Sequence[str], body: Sequence[Statement]) -> Statement:
    return For(tuple(names), in_step([plan.lists[name] for name in names]), tuple(body))


def _used(names: Collection[str], body: Sequence[Statement]) -> list[str]:
    """Names the variables that code mentions, or the parameter alone if it mentions none."""
    mentions = set(mentioned(body))
    return [name for name in names if name in mentions] or ["p"]


def _viewed(plan: FilePlan, old: Collection[str] = ()) -> list[Statement]:
    """Views complex numbers as pairs of real ones, under the names `old_…` for those in `old`."""
    if not plan.elementwise:
        return []
    names = {name: f"old_{name}" if name in old else name for name in ("p", *plan.shaped)}
    is_complex = Expression(f"has_complex and torch.is_complex({names['p']})")
    viewed = [
        Assign(names[name], Expression(f"torch.view_as_real({names[name]})"))
        for name in plan.shaped
    ]
    return [If(is_complex, tuple(viewed))]


def _prepared(plan: FilePlan, labels: Collection[str], *, counts: bool = True) -> list[Statement]:
    """Turns the gradient round, counts the step and so on, before the step's own code."""
    statements: list[Statement] = []
    if "g" in labels:
        statements.append(If(Expression("maximize"), (Assign("g", Expression("-g")),)))
    if plan.counts and counts and not plan.totals:
        statements.append(Increase("step", Expression("1")))
    if "t" in labels:
        statements.append(Assign("t", Expression("_number(step, capturable)")))
    return [
        *statements,
        *(Assign(n, Expression(f"{in_all(n)}.to(p)")) for n in plan.totals if n in labels),
    ]


def _differentiable(plan: FilePlan) -> Function:
    kept = ["p", *(slot.name for slot in plan.graph.slots)]
    read = {"p", *(node.label for node in plan.step.nodes if node.op == SLOT)}
    body = [
        *_viewed(plan, kept),
        *(Assign(n, Expression(f"old_{n}.clone()")) for n in kept if n in read),
        *_prepared(plan, plan.labels),
        *SingleTensorCode(plan.step, plan.taken, pure=True).statements(),
    ]
    targets = tuple(f"old_{name}" if name in kept else name for name in plan.moved)
    loop = For(targets, in_step([*plan.moved.values()]), tuple(body))
    return _mover(plan, "_differentiable", [loop])


def _multi(plan: FilePlan) -> Function:
    lists, labels = plan.moved, plan.labels
    together = ", ".join(lists.values())
    target = together if len(lists) > 1 else f"({together},)"
    body: list[Statement] = [Assign(target, Expression("cast(list[list[Tensor]], tensors)"))]
    if plan.elementwise:
        shaped = ", ".join(lists[name] for name in plan.shaped)
        viewed = Evaluate(Expression(f"_view_as_real({shaped})"))
        body.append(If(Expression("has_complex"), (viewed,)))
    if "g" in labels:
        negative = Assign("grads", Expression("list(torch._foreach_neg(grads))"))
        body.append(If(Expression("maximize"), (negative,)))
    if plan.counts and not plan.totals:
        body.append(Evaluate(Expression("_count(state_steps)")))
    if "t" in labels:
        steps = Expression("[_number(step, capturable) for step in state_steps]")
        body.append(Assign("ts", steps))
    body += [
        Assign(n, Expression(f"{in_all(n)}.to(params[0])")) for n in plan.totals if n in labels
    ]
    body += MultiTensorCode(plan.step, plan.taken, lists).statements()
    groups = Expression("Optimizer._group_tensors_by_device_and_dtype(lists).values()")
    return _mover(
        plan,
        "_multi_tensor",
        [
            Assign("lists", Expression(f"[{together}]"), "Any"),
            For(("tensors", "_"), groups, tuple(body)),
        ],
    )


def part_of(plan: FilePlan, total: Total) -> list[Statement]:
    """Writes code that appends one parameter's part of a total to `parts`."""
    code = SingleTensorCode(value_of(total.graph, total.ranges), plan.taken)
    statements = code.statements()
    return [
        *_viewed(plan),
        *_prepared(plan, plan.labels_of(total), counts=False),
        *statements,
        Evaluate(Expression(f"parts.append({code.result().text})")),
    ]


def read_by(plan: FilePlan, total: Total) -> list[str]:
    """Names the variables of each parameter that its part of a total depends on."""
    return _used(plan.lists, part_of(plan, total))


def _parts(plan: FilePlan, total: Total) -> Function:
    body = part_of(plan, total)
    names = _used(plan.lists, body)
    known = plan.totals[: plan.totals.index(total.name)]
    options = _declared(plan, plan.labels_of(total), known)
    arguments = [f"{plan.lists[n]}: list[Tensor]" for n in plan.lists if n in names]
    arguments += ["*", *options] if options else []
    return Function(
        f"_{total.name}_parts",
        tuple(arguments),
        "list[Tensor]",
        (
            Assign("parts", Expression("[]")),
            _loop(plan, names, body),
            Return(Expression("parts")),
        ),
        documentation=f"The parts of `{total.name}`, one for each parameter.",
    )
