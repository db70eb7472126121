"""Writes a rule as mathematics, by sympy: an equation for each state and one for the direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter

from evosearch.export.notation.statements import arrange
from evosearch.graph.graph import CONSTANT, SLOT, SOURCES, Graph
from evosearch.graph.value_ranges import hyperparameter_domains, needs_guard, ranges
from evosearch.language.number_text import number
from primitives import Primitive

_LATEX_NAMES = {
    "w": r"\theta_{t-1}",
    "g": "g_t",
    "t": "t",
    "lr": r"\eta_t",
    "eps": r"\epsilon",
}


@dataclass(frozen=True, slots=True)
class Equation:
    """Holds an equation, `left = right`, as plain text and as LaTeX."""

    plain: str
    latex: str


def equations(graph: Graph) -> list[Equation]:
    """Gives the new states in terms of the old, values that are used twice, and `u[t]`.

    `m[t-1]` is a state before the step and `m[t]` after it; `g` and `w` are this step's gradient
    and weights.
    """
    assignments = arrange(graph)
    node_ranges = ranges(graph, hyperparameter_domains(graph))
    symbols: dict[int, Any] = {}
    latex_names: dict[Any, str] = {}

    def symbol(plain: str, latex: str, **assumptions: bool) -> Any:
        made = sympy.Symbol(plain, real=True, **assumptions)
        latex_names[made] = latex
        return made

    for index, node in enumerate(graph.nodes):
        if node.op == CONSTANT:
            symbols[index] = sympy.Number(number(node.value))
        elif node.op == SLOT:
            symbols[index] = symbol(f"{node.label}[t-1]", _latex(node.label, "t-1"))
        elif node.op in SOURCES:
            counts = {"integer": True, "positive": True} if node.label == "t" else {}
            symbols[index] = symbol(node.label, _latex(node.label), **counts)
    left: dict[int, Any] = {}

    def value(index: int, root: bool = False) -> Any:
        if index in symbols:
            return symbols[index]
        if index in left and not root:
            return left[index]
        node = graph.nodes[index]
        primitive = node.primitive
        guarded = needs_guard(node, node_ranges)
        return _applied(primitive, guarded, [value(operand) for operand in node.operands])

    pairs = []
    for assignment in assignments.ordered:
        if assignment.slot is None and assignment.node == graph.direction:
            continue
        name = assignment.slot.name if assignment.slot else assignment.name
        computes = (
            assignment.node not in symbols
            and assignments.names.get(assignment.node) == assignment.name
        )
        new = symbol(f"{name}[t]", _latex(name, "t"))
        pairs.append((new, value(assignment.node, root=computes)))
        if computes:
            left[assignment.node] = new
    # A rule may have a state of its own that is called `u`.
    taken = {slot.name for slot in graph.slots}
    name = next(n for n in chain("u", map("u{}".format, count(1))) if n not in taken)
    pairs.append((symbol(f"{name}[t]", _latex(name, "t")), value(graph.direction)))
    printer = _Latex({"symbol_names": latex_names})
    return [
        Equation(
            plain=f"{name} = {sympy.sstr(right, full_prec=False)}",
            latex=f"{printer.doprint(name)} = {printer.doprint(right)}",
        )
        for name, right in pairs
    ]


class _Latex(LatexPrinter):  # type: ignore[misc]
    def _hprint_Function(self, func: str) -> str:
        if "_" not in func:
            return str(super()._hprint_Function(func))
        # sympy would make an index of what follows the underscore.
        return r"\operatorname{" + func.replace("_", r"\_") + "}"


def explanations(graph: Graph) -> list[str]:
    """Tells what the formulas leave unsaid, such as `greater: 1 where a > b, else 0`.

    These are the definitions of operations that are no common notation, and of those whose
    special case can occur.
    """
    node_ranges = ranges(graph, hyperparameter_domains(graph))
    definitions = {}
    for node in graph.nodes:
        if node.op in SOURCES:
            continue
        primitive = node.primitive
        letters = sympy.symbols(f"x:{primitive.arity}", real=True)
        if needs_guard(node, node_ranges) or isinstance(primitive.sympy(*letters), AppliedUndef):
            definitions[node.op] = f"{node.op}: {primitive.definition}"
    return list(definitions.values())


def _applied(primitive: Primitive, guarded: bool, operands: Sequence[Any]) -> Any:
    """Applies a primitive in sympy, by name only where sympy would compute something else.

    sympy knows no guards: of `x/x` it makes 1, where we compute 0 if `x` is zero.
    """
    by_name = sympy.Function(primitive.name, real=True)(*operands)
    if all(operand.is_number for operand in operands):
        return by_name  # or the graph would hold a number: this one is larger than any float
    function = primitive.sympy
    if guarded and primitive.guarded and primitive.guarded.sympy:
        function = primitive.guarded.sympy
    try:
        result = function(*operands)
    except (ValueError, ArithmeticError):  # of something infinite
        return by_name
    if isinstance(result, AppliedUndef) or result.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        return by_name
    cancelled = guarded and _unknowns(result) != set().union(*map(_unknowns, operands))
    return by_name if cancelled else result


def _unknowns(expression: Any) -> set[Any]:
    return set(expression.atoms(sympy.Symbol, AppliedUndef))


def _latex(name: str, time: str = "") -> str:
    """Writes a name as a symbol, at a time if given: `beta1` is a Greek letter with an index."""
    if name in _LATEX_NAMES:
        symbol = _LATEX_NAMES[name]
    elif name.startswith("_") or name.endswith("_") or "__" in name:
        escaped = name.replace("_", r"\_")
        symbol = rf"\mathit{{{escaped}}}"
    else:
        symbol = str(sympy.latex(sympy.Symbol(name)))
    if not time:
        return symbol
    if symbol.endswith("}") and "_{" in symbol:
        return f"{symbol[:-1]},{time}}}"  # a second index of its own is no LaTeX
    return f"{symbol}_{{{time}}}"
