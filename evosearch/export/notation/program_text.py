"""Writes a graph as program text for people: dead code gone, single-use values nested."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from evosearch.export.notation.python_text import without_parentheses
from evosearch.export.notation.statements import Assignment, arrange, expression, signature
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SOURCES, Graph
from evosearch.language.number_text import number


def readable(graph: Graph, name: str) -> str:
    """Writes text in the language, which parses and lowers to the same graph."""
    assignments = arrange(graph)
    lines = [
        f"    {assignment.name} = " + _right_side(graph, assignment, assignments.names)
        for assignment in assignments.ordered
    ]
    slots = [slot.name for slot in graph.slots]
    inputs = signature(graph)
    hyperparameters = [node for node in graph.nodes if node.op == HYPERPARAMETER]
    if hyperparameters:
        inputs.append("*")
        inputs += [f"{node.label}={number(node.value)}" for node in hyperparameters]
    states = {
        assignment.slot.name: assignment.name
        for assignment in assignments.ordered
        if assignment.slot
    }
    direction = assignments.direction or number(graph.nodes[graph.direction].value)
    returned = [direction, *(states[slot] for slot in slots)]
    header = f"def {name}({', '.join(inputs)}):"
    return "\n".join([header, *lines, f"    return {', '.join(returned)}"]) + "\n"


def written(graph: Graph, index: int, depth: int = 4) -> str:
    """Writes a node as one expression of inputs, old states and constants.

    Beneath `depth` operations it says `...`, since what is shared would be written again and again.
    """
    apply = _applied(graph)

    def text(index: int, depth: int) -> str:
        node = graph.nodes[index]
        if node.op == CONSTANT:
            return number(node.value)
        if node.op in SOURCES:
            return node.label
        if not depth:
            return "..."
        return apply(index, [text(operand, depth - 1) for operand in node.operands])

    return without_parentheses(text(index, depth))


def written_value(graph: Graph, index: int, names: Mapping[int, str]) -> str:
    """Writes one value of a graph as an expression, in which values that have names stand by them.

    Sources need names; the value itself is written out whether or not it has one.
    """
    others = {place: name for place, name in names.items() if place != index}
    if graph.nodes[index].op in SOURCES:
        others = dict(names)
    return _right_side(graph, Assignment("", index), others)


def _right_side(graph: Graph, assignment: Assignment, names: Mapping[int, str]) -> str:
    return without_parentheses(expression(graph, assignment, names, _applied(graph), number))


def _applied(graph: Graph) -> Callable[[int, Sequence[str]], str]:
    """Gives what writes a primitive of operands that are written already."""

    def apply(index: int, operands: Sequence[str]) -> str:
        primitive = graph.nodes[index].primitive
        if not primitive.infix:
            return f"{primitive.name}({', '.join(operands)})"
        if len(operands) == 1:
            return f"{primitive.infix}({operands[0]})"
        return f"({operands[0]}) {primitive.infix} ({operands[1]})"

    return apply
