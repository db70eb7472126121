"""Makes of a graph the program that its text for people spells, without writing and reading it.

A search breeds from the tuned program of every class, so this is done as often as tuning is.
"""

from __future__ import annotations

from itertools import count

from evosearch.export.notation.statements import arrange, signature
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SOURCES, Graph
from evosearch.language.program import Argument, Program, Statement
from primitives import Table


def flat_program(graph: Graph, name: str, table: Table) -> Program:
    """Gives what `parse` makes of the text of `readable`: the same statements and names.

    `table` is the one of which the graph's operations are.
    """
    assignments = arrange(graph)
    names = assignments.names
    inputs = signature(graph)
    taken = {*inputs, *names.values(), *(one.name for one in assignments.ordered)}
    taken.update(node.op for node in graph.nodes)
    fresh = (spare for n in count(1) if (spare := f"v{n}") not in taken)
    statements: list[Statement] = []

    def emit(primitive: str, arguments: tuple[Argument, ...], target: str | None) -> str:
        target = next(fresh) if target is None else target
        statements.append(Statement(target, primitive, arguments))
        return target

    def value(index: int, computed: bool = False, target: str | None = None) -> Argument:
        node = graph.nodes[index]
        if node.op == CONSTANT:
            return node.value
        if index in names and not (computed and node.op not in SOURCES):
            return names[index]
        return emit(node.op, tuple([value(operand) for operand in node.operands]), target)

    for one in assignments.ordered:
        before = len(statements)
        argument = value(one.node, names.get(one.node) == one.name, one.name)
        if len(statements) == before:  # it has a name already, or is a number
            emit("identity", (argument,), one.name)
    direction = assignments.direction
    if direction is None:
        direction = emit("identity", (graph.nodes[graph.direction].value,), None)
    states = {one.slot.name: one.name for one in assignments.ordered if one.slot}
    slots = [slot.name for slot in graph.slots]
    return Program(
        name=name,
        inputs=tuple(inputs),
        hyperparameters=tuple((n.label, n.value) for n in graph.nodes if n.op == HYPERPARAMETER),
        statements=tuple(statements),
        returns=(direction, *(states[slot] for slot in slots)),
        table=table,
    )
