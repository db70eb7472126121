"""Writes a rule as an optax `GradientTransformation` in a file that imports only jax and optax."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from evosearch.errors import EvosearchError
from evosearch.export.formulas.equations import equations
from evosearch.export.notation.code import Assign, Expression, applied, lines_of, mentioned
from evosearch.export.notation.line_breaking import break_lines
from evosearch.export.notation.names import (
    function_name,
    is_taken,
    names_in,
    renamed,
    without_underscores,
)
from evosearch.export.notation.provenance import Provenance, literal_text
from evosearch.export.notation.python_text import indented, literal, shape_text, tidy
from evosearch.export.notation.statements import arrange, expression
from evosearch.export.notation.templates import filled
from evosearch.export.notation.totals import Total, cut
from evosearch.graph.graph import HYPERPARAMETER, INPUT, Graph
from evosearch.graph.value_ranges import hyperparameter_domains, needs_guard, ranges
from primitives import Kind, Primitive, Range
from primitives.primitive import Source

_OWN_NAMES = frozenset(
    [
        *("Any", "NamedTuple", "State", "jax", "jnp", "optax"),
        *("learning_rate", "weight_decay", "mask", "init_fn", "update_fn", "extra_args"),
        *("params", "updates", "state", "count", "g", "w", "t", "lr", "wd", "decays"),
        *("leaves", "tree", "trees", "every", "each", "step", "results", "new"),
        *("_like", "_spread"),
    ]
)
"""Names with a meaning of their own in an optax file."""
_is_taken = partial(is_taken, own=_OWN_NAMES)


def optax_source(graph: Graph, name: str, provenance: Provenance) -> str:
    """Writes the file's text; `graph` has named hyperparameters.

    The updates are `-lr * (u + weight_decay * w)`, with `u` the rule's direction.

    Raises:
        EvosearchError: an operation has no code for jax.
    """
    graph = renamed(graph, partial(_as_in_optax, graph), _is_taken)
    parts = cut(graph, ranges(graph, hyperparameter_domains(graph)), _is_taken)
    function = function_name(name)
    slots = [slot.name for slot in graph.slots]
    arguments = ", ".join(["g", *slots, "w", "decays"])
    assignments = _assignments(parts.graph, parts.ranges)
    totals = [(total, _assignments(total.graph, total.ranges)) for total in parts.totals]
    direction = _direction(parts.graph)
    read = {direction, *mentioned(assignments)}
    for total, code in totals:
        read.update([_direction(total.graph), *mentioned(code)])
    stored = {a.slot.name: a.name for a in arrange(parts.graph).ordered if a.slot}
    lines = filled(
        "optax.py.txt",
        {
            "name": name,
            "version": provenance.version,
            "origin": literal_text(provenance.origin),
            "digest": provenance.digest,
            "fields": [f"{slot}: Any" for slot in slots],
            "function": f"{function}_" if _is_taken(function) else function,
            "lr": literal(provenance.learning_rate),
            "options": [
                f"{node.label}: float = {literal(node.value)},"
                for node in graph.nodes
                if node.op == HYPERPARAMETER
            ],
            "equations": [equation.code for equation in equations(graph)],
            "zeros": [f"{_zero(slot.kind)}," for slot in graph.slots],
            "missing": "params is None" + " and mask is not False" * ("w" not in read),
            "reads_weights": "w" in read,
            "counts": "t" in graph.labels(INPUT),
            "trees": ", ".join([*(f"state.{s}" for s in slots), "params", "_spread(mask, params)"]),
            "totals": [line for each in totals for line in _total(arguments, *each)],
            "arguments": arguments,
            "assignments": lines_of(assignments),
            "results": [
                f"-lr * ({direction} + wd * w) if decays else {tidy(f'-lr * ({direction})')},",
                *(f"{stored[slot]}," for slot in slots),
            ],
            "outputs": str(1 + len(slots)),
        },
    )
    return "\n".join(break_lines(lines)) + "\n"


def _as_in_optax(graph: Graph, label: str) -> str:
    """Calls `beta1` b1, as optax does, and a state `m` where the user said `_m`."""
    if label in {slot.name for slot in graph.slots} and label.startswith("_"):
        return without_underscores(label)  # a NamedTuple's fields have none
    short = re.sub(r"^beta_?(?=\d$)", "b", label)
    return label if short in names_in(graph) else short


def _zero(kind: Kind) -> str:
    """Writes the code of a state of this kind before the first step."""
    if kind is Kind.TENSOR:
        return "jax.tree.map(jnp.zeros_like, params)"
    return f"jax.tree.map(lambda w: jnp.zeros({shape_text(kind, 'w')}, jnp.result_type(w)), params)"


def _total(arguments: str, total: Total, assignments: Sequence[Assign]) -> list[str]:
    """Writes code that computes a reduction over all parameters from its parts."""
    row = total.graph.nodes[total.graph.direction].primitive
    finish = row.jax_finish or _operators(row, row.finish, "jax_finish")
    return [
        "",
        f"def {total.name}_part({arguments}):  # type: ignore[no-untyped-def]",
        *indented(lines_of(assignments)),
        f"    return {_direction(total.graph)}",
        "",
        f"{total.name} = sum({total.name}_part(*each) for each in every if each[0] is not None)",
        f"{total.name} = {finish.format(total.name)}",
    ]


def _assignments(graph: Graph, node_ranges: Sequence[Range]) -> list[Assign]:
    """Writes code that computes the new states and the direction of one parameter."""
    assignments = arrange(graph)

    def apply(index: int, operands: Sequence[str]) -> str:
        node = graph.nodes[index]
        values = [Expression(operand) for operand in operands]
        if node.primitive.reduces:
            values = [
                value
                if graph.nodes[i].kind is Kind.TENSOR
                else Expression(f"jnp.broadcast_to({value.text}, jnp.shape(g))")
                for value, i in zip(values, node.operands, strict=True)
            ]
        return applied(_code(node.primitive, needs_guard(node, node_ranges)), values).text

    return [
        Assign(a.name, Expression(tidy(expression(graph, a, assignments.names, apply, literal))))
        for a in assignments.ordered
    ]


def _code(row: Primitive, guarded: bool) -> str:
    """Gives the template of a primitive, the guarded one where a special case can occur.

    Raises:
        EvosearchError: the row has none.
    """
    if guarded and row.guarded:
        guard = row.guarded
        return guard.jax or row.jax or _operators(row, guard.source, "guarded.jax")
    return row.jax or _operators(row, row.source, "jax")


def _operators(row: Primitive, source: Source, wanted: str) -> str:
    """Gives a template for torch that is made of operators alone, and so serves jax too.

    Raises:
        EvosearchError: it is not; `wanted` is the field of the row that would say more.
    """
    if isinstance(source, str) and not re.search(r"[A-Za-z_]", source):
        return source
    raise EvosearchError(
        f"operation '{row.name}' has no code for jax, which an optax file needs; give its row "
        f'{wanted}="...", code such as "jnp.tanh({{0}})"'
    )


def _direction(graph: Graph) -> str:
    """Names the variable that holds the direction; gives its code where it is a constant."""
    return arrange(graph).direction or literal(graph.nodes[graph.direction].value)
