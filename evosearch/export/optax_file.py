"""A rule as an optax `GradientTransformation`, in one file that imports only jax and optax."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evosearch.export.notation.formula import equations
from evosearch.export.notation.line_breaking import laid_out
from evosearch.export.notation.names import function_name, is_taken, renamed
from evosearch.export.notation.provenance import Provenance, literal_text
from evosearch.export.notation.python_text import indented, literal, tidy
from evosearch.export.notation.statements import arrange, expression
from evosearch.export.notation.totals import cut
from evosearch.graph.graph import HYPERPARAMETER, INPUT, Graph
from evosearch.graph.value_ranges import hyperparameter_domains, needs_guard, ranges
from primitives import Kind, Primitive, Range


def optax_source(graph: Graph, name: str, provenance: Provenance) -> str:
    """The file's text; `graph` has named hyperparameters.

    The updates are `-lr * (u + weight_decay * w)`, with `u` the rule's direction.
    """
    graph = renamed(graph)
    parts = cut(graph, ranges(graph, hyperparameter_domains(graph)))
    function = function_name(name)
    function = f"{function}_" if is_taken(function) else function
    slots = [slot.name for slot in graph.slots]
    options = [
        f"{node.label}: float = {literal(node.value)}"
        for node in graph.nodes
        if node.op == HYPERPARAMETER
    ]
    arguments = ["w", "g", *slots]
    lists = ["tree.flatten_up_to(params)", "leaves"]
    lists += [f"tree.flatten_up_to(state.{slot})" for slot in slots]
    totals: list[str] = []
    for total in parts.totals:
        row = total.graph.nodes[total.graph.direction].primitive
        body = _body(total.graph, total.ranges)
        totals += [
            f"def {total.name}_part({', '.join(arguments)}):  # type: ignore[no-untyped-def]",
            *indented(body),
            f"    return {_result(total.graph)}",
            "",
            f"{total.name} = sum({total.name}_part(*each) for each in zip(*lists, strict=True))",
            f"{total.name} = " + row.jax_finish.format(total.name),
        ]
    main = _body(parts.graph, parts.ranges)
    known = {node.label for node in graph.nodes if node.op == INPUT}
    result = ["jnp.broadcast_to(-lr * (" + _result(parts.graph) + " + weight_decay * w), w.shape)"]
    for slot in parts.graph.slots:
        shape = "w.shape" if slot.kind is Kind.TENSOR else "()"
        result.append(f"jnp.broadcast_to({_new(parts.graph, slot.name)}, {shape}).astype(w.dtype)")
    lines = [
        f'"""{name}, a gradient transformation for optax, written by evosearch '
        f"{provenance.version}.",
        "",
        f"Origin: {literal_text(provenance.origin)}.",
        f"Canonical digest: {provenance.digest}.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Any, NamedTuple",
        "",
        "import jax",
        "import jax.numpy as jnp",
        "import optax",
        "",
        "",
        "class State(NamedTuple):",
        '    """The steps taken, and for each parameter what the rule keeps."""',
        "",
        "    step: Any",
        *(f"    {slot}: Any" for slot in slots),
        "",
        "",
        f"def {function}(",
        f"    learning_rate: optax.ScalarOrSchedule = {literal(provenance.learning_rate)},",
        "    *,",
        *(f"    {option}," for option in options),
        "    weight_decay: float = 0.01,",
        ") -> optax.GradientTransformation:",
        '    r"""With `g` the gradient and `w` the parameter, each step computes',
        "",
        *(f"    {equation.plain}" for equation in equations(graph)),
        "    w[t] = (1 - lr*weight_decay)*w[t-1] - lr*u[t]",
        '    """',
        "",
        "    def init_fn(params: Any) -> State:",
        *indented(_init(graph), 2),
        "",
        "    def update_fn(gradients: Any, state: State, params: Any = None) -> tuple[Any, State]:",
        "        if params is None:",
        "            raise ValueError(optax.NO_PARAMS_MSG)",
        "        lr = learning_rate(state.step) if callable(learning_rate) else learning_rate",
        *(["        t = state.step + 1.0"] if "t" in known else []),
        "        leaves, tree = jax.tree.flatten(gradients)",
        f"        lists = ({', '.join(lists)})",
        *indented(totals, 2),
        "",
        f"        def leaf({', '.join(arguments)}):  # type: ignore[no-untyped-def]",
        *indented(main, 3),
        "            return (",
        *(f"                {one}," for one in result),
        "            )",
        "",
        "        results = [leaf(*each) for each in zip(*lists, strict=True)]",
        "        kept = [tree.unflatten(list(each)) for each in zip(*results, strict=True)]",
        "        return kept[0], State(optax.safe_increment(state.step), *kept[1:])",
        "",
        "    return optax.GradientTransformation(init_fn, update_fn)",
    ]
    return "\n".join(laid_out(lines)) + "\n"


def _init(graph: Graph) -> list[str]:
    fields = [
        "jax.tree.map(jnp.zeros_like, params)"
        if slot.kind is Kind.TENSOR
        else "jax.tree.map(lambda w: jnp.zeros((), w.dtype), params)"
        for slot in graph.slots
    ]
    return ["return State(", "    jnp.zeros((), jnp.int32),", *(f"    {f}," for f in fields), ")"]


def _body(graph: Graph, found: Sequence[Range]) -> list[str]:
    """Lines that compute the new states and the direction of one parameter."""
    listing = arrange(graph)

    def apply(index: int, operands: Sequence[str]) -> str:
        node = graph.nodes[index]
        row = node.primitive
        guard = row.guarded
        guarded = needs_guard(node, found)
        texts = [f"({operand})" for operand in operands]
        if row.reduces:
            texts = [
                text if graph.nodes[i].kind is Kind.TENSOR else f"jnp.broadcast_to({text}, w.shape)"
                for text, i in zip(texts, node.operands, strict=True)
            ]
        template = guard.jax if guard and guarded and guard.jax else _plain(row)
        return f"({template.format(*texts)})"

    return [
        f"{line.name} = {tidy(expression(graph, line, listing.names, apply, literal))}"
        for line in listing.lines
    ]


def _plain(row: Primitive) -> str:
    if row.jax:
        return row.jax
    if isinstance(row.source, str) and not re.search(r"[A-Za-z_]", row.source):
        return row.source
    places = ", ".join(f"{{{position}}}" for position in range(row.arity))
    return f"jnp.{row.name}({places})"


def _result(graph: Graph) -> str:
    listing = arrange(graph)
    return listing.direction or literal(graph.nodes[graph.direction].value)


def _new(graph: Graph, slot: str) -> str:
    """The variable that holds a slot's new value after all lines."""
    return next(line.name for line in arrange(graph).lines if line.slot and line.slot.name == slot)
