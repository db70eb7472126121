"""Writes a rule as an optax `GradientTransformation` in a file that imports only jax and optax."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evosearch.export.formulas.equations import equations
from evosearch.export.notation.code import Assign, Expression, applied, lines_of
from evosearch.export.notation.line_breaking import break_lines
from evosearch.export.notation.names import function_name, is_taken, renamed
from evosearch.export.notation.provenance import Provenance, literal_text
from evosearch.export.notation.python_text import indented, literal, tidy
from evosearch.export.notation.statements import arrange, expression
from evosearch.export.notation.templates import filled
from evosearch.export.notation.totals import Total, cut
from evosearch.graph.graph import HYPERPARAMETER, INPUT, Graph
from evosearch.graph.value_ranges import hyperparameter_domains, needs_guard, ranges
from primitives import Kind, Primitive, Range


def optax_source(graph: Graph, name: str, provenance: Provenance) -> str:
    """Writes the file's text; `graph` has named hyperparameters.

    The updates are `-lr * (u + weight_decay * w)`, with `u` the rule's direction.
    """
    graph = renamed(graph)
    parts = cut(graph, ranges(graph, hyperparameter_domains(graph)))
    function = function_name(name)
    slots = [slot.name for slot in graph.slots]
    arguments = ", ".join(["w", "g", *slots])
    lists = ["tree.flatten_up_to(params)", "leaves"]
    lists += [f"tree.flatten_up_to(state.{slot})" for slot in slots]
    lines = filled(
        "optax.py.txt",
        {
            "name": name,
            "version": provenance.version,
            "origin": literal_text(provenance.origin),
            "digest": provenance.digest,
            "fields": [f"{slot}: Any" for slot in slots],
            "function": f"{function}_" if is_taken(function) else function,
            "lr": literal(provenance.learning_rate),
            "options": [
                f"{node.label}: float = {literal(node.value)},"
                for node in graph.nodes
                if node.op == HYPERPARAMETER
            ],
            "equations": [equation.code for equation in equations(graph)],
            "zeros": [f"{_zero(slot.kind)}," for slot in graph.slots],
            "counts": "t" in graph.labels(INPUT),
            "lists": ", ".join(lists),
            "totals": [line for total in parts.totals for line in _total(total, arguments)],
            "arguments": arguments,
            "assignments": _assignments(parts.graph, parts.ranges),
            "results": [f"{result}," for result in _results(parts.graph)],
        },
    )
    return "\n".join(break_lines(lines)) + "\n"


def _zero(kind: Kind) -> str:
    """Writes the code of a state of this kind before the first step."""
    if kind is Kind.TENSOR:
        return "jax.tree.map(jnp.zeros_like, params)"
    return "jax.tree.map(lambda w: jnp.zeros((), w.dtype), params)"


def _total(total: Total, arguments: str) -> list[str]:
    """Writes code that computes a reduction over all parameters from its parts."""
    finish = total.graph.nodes[total.graph.direction].primitive.jax_finish
    return [
        f"def {total.name}_part({arguments}):  # type: ignore[no-untyped-def]",
        *indented(_assignments(total.graph, total.ranges)),
        f"    return {_direction(total.graph)}",
        "",
        f"{total.name} = sum({total.name}_part(*each) for each in zip(*lists, strict=True))",
        f"{total.name} = {finish.format(total.name)}",
    ]


def _results(graph: Graph) -> list[str]:
    """Writes the code of a parameter's change and of its new states."""
    direction = _direction(graph)
    results = [_spread(f"-lr * ({direction} + weight_decay * w)", Kind.TENSOR)]
    stored = {a.slot.name: a.name for a in arrange(graph).ordered if a.slot}
    for slot in graph.slots:
        results.append(f"{_spread(stored[slot.name], slot.kind)}.astype(w.dtype)")
    return results


def _assignments(graph: Graph, node_ranges: Sequence[Range]) -> list[str]:
    """Writes code that computes the new states and the direction of one parameter."""
    assignments = arrange(graph)

    def apply(index: int, operands: Sequence[str]) -> str:
        node = graph.nodes[index]
        row = node.primitive
        guard = row.guarded
        values = [Expression(operand) for operand in operands]
        if row.reduces:
            values = [
                value
                if graph.nodes[i].kind is Kind.TENSOR
                else Expression(_spread(value.text, Kind.TENSOR))
                for value, i in zip(values, node.operands, strict=True)
            ]
        guarded = guard is not None and needs_guard(node, node_ranges)
        return applied(guard.jax if guarded and guard and guard.jax else _plain(row), values).text

    return lines_of(
        Assign(a.name, Expression(tidy(expression(graph, a, assignments.names, apply, literal))))
        for a in assignments.ordered
    )


def _spread(text: str, into: Kind) -> str:
    """Writes a value repeated over a kind; one number for a parameter has no dimensions."""
    return f"jnp.broadcast_to({text}, {'w.shape' if into is Kind.TENSOR else '()'})"


def _plain(row: Primitive) -> str:
    """Gives the template of a primitive where no special case can occur."""
    if row.jax:
        return row.jax
    if isinstance(row.source, str) and not re.search(r"[A-Za-z_]", row.source):
        return row.source
    places = ", ".join(f"{{{position}}}" for position in range(row.arity))
    return f"jnp.{row.name}({places})"


def _direction(graph: Graph) -> str:
    """Names the variable that holds the direction; gives its code where it is a constant."""
    return arrange(graph).direction or literal(graph.nodes[graph.direction].value)
