"""A rule as mathematics, through sympy: one equation for each state and one for the direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from evosearch.analysis import hyperparameter_domains, ranges
from evosearch.graph import CONSTANT, INPUT, SLOT, SOURCES, Graph
from evosearch.listing import arrange
from evosearch.readable import number
from primitives import PRIMITIVES

_LATEX_NAMES = {
    "w": r"\theta_{t-1}",
    "g": "g_t",
    "t": "t",
    "lr": r"\eta_t",
    "eps": r"\epsilon",
}


@dataclass(frozen=True, slots=True)
class Equation:
    """`left = right`, plain and as LaTeX."""

    plain: str
    latex: str


def equations(graph: Graph) -> list[Equation]:
    """The new states in terms of the old, intermediate values that are used twice, and `u[t]`.

    `m[t-1]` is a state before the step and `m[t]` after it; `g` and `w` are this step's gradient
    and weights.
    """
    listing = arrange(graph)
    found_ranges = ranges(graph, hyperparameter_domains(graph))
    symbols: dict[int, Any] = {}
    latex_names: dict[Any, str] = {}

    def symbol(plain: str, latex: str) -> Any:
        made = sympy.Symbol(plain, real=True)
        latex_names[made] = latex
        return made

    for index, node in enumerate(graph.nodes):
        if node.op == CONSTANT:
            symbols[index] = sympy.Number(number(node.value))
        elif node.op == SLOT:
            latex = _latex(node.label, "t-1")
            symbols[index] = symbol(f"{node.label}[t-1]", latex)
        elif node.op in SOURCES:
            latex = _LATEX_NAMES[node.label] if node.op == INPUT else _latex(node.label)
            symbols[index] = symbol(node.label, latex)
    left: dict[int, Any] = {}
    for line in listing.lines:
        stores = line.slot is not None or line.name in listing.late.values()
        if graph.nodes[line.node].op in SOURCES or (line.node == graph.direction and not stores):
            continue
        name = line.slot.name if line.slot else line.name.removeprefix("new_")
        left[line.node] = symbol(f"{name}[t]", _latex(name, "t"))

    def value(index: int, root: bool = False) -> Any:
        if index in symbols:
            return symbols[index]
        if index in left and not root:
            return left[index]
        node = graph.nodes[index]
        primitive = PRIMITIVES[node.op]
        guard = primitive.guarded
        operands = [found_ranges[operand] for operand in node.operands]
        function = primitive.sympy
        if guard is not None and guard.sympy is not None and not guard.unneeded(*operands):
            function = guard.sympy
        return function(*(value(operand) for operand in node.operands))

    pairs = []
    for line in listing.lines:
        if line.node in left:
            pairs.append((left[line.node], value(line.node, root=True)))
        elif line.slot:
            name = line.slot.name
            pairs.append((symbol(f"{name}[t]", _latex(name, "t")), value(line.node)))
    pairs.append((symbol("u[t]", "u_t"), value(graph.direction)))
    return [
        Equation(
            plain=f"{name} = {sympy.sstr(right)}",
            latex=f"{sympy.latex(name, symbol_names=latex_names)} = "
            f"{sympy.latex(right, symbol_names=latex_names)}",
        )
        for name, right in pairs
    ]


def _latex(name: str, time: str = "") -> str:
    """A name as a symbol, at a time if given: `beta1` is a Greek letter with an index."""
    symbol = _LATEX_NAMES.get(name) or str(sympy.latex(sympy.Symbol(name)))
    if not time:
        return symbol
    if symbol.endswith("}") and "_{" in symbol:
        return f"{symbol[:-1]},{time}}}"  # a second index of its own is no LaTeX
    return f"{symbol}_{{{time}}}"
