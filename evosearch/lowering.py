"""From `Program` to `Graph`, with named hyperparameters or with their defaults folded in."""

from __future__ import annotations

from collections.abc import Mapping

from evosearch.digest import equal_slots
from evosearch.graph import CONSTANT, SLOT, Graph, GraphBuilder
from evosearch.program import RESERVED, Program


def lower(program: Program, *, bind: bool = False) -> Graph:
    """The graph of `program`.

    With `bind`, hyperparameters are constants, so that programs which compute the same function
    get the same graph whatever they call their constants; without, they keep their names, which
    export and formulas need. Slots that stay zero, or always equal another, are gone.
    """
    replaced: dict[str, str | None] = {}
    while True:
        graph, redundant = _lower(program, bind, replaced)
        redundant = redundant or dict(equal_slots(graph))
        if not redundant:
            return graph
        replaced |= redundant


def _lower(
    program: Program, bind: bool, replaced: Mapping[str, str | None]
) -> tuple[Graph, dict[str, str | None]]:
    """The graph, and the slots that it shows to stay zero.

    A slot in `replaced` is read as the slot given there, or as zero where that is None.
    """
    builder = GraphBuilder()
    values: dict[str, int] = {}
    for name in program.inputs:
        source = replaced.get(name, name)
        if name in RESERVED:
            values[name] = builder.input(name)
        elif source is None:
            values[name] = builder.constant(0.0)
        else:
            values[name] = builder.slot(source, program.slot_kinds[source])
    for name, default in program.hyperparameters:
        values[name] = builder.constant(default) if bind else builder.hyperparameter(name, default)
    for statement in program.statements:
        values[statement.target] = builder.apply(
            statement.primitive,
            [
                values[argument] if isinstance(argument, str) else builder.constant(argument)
                for argument in statement.arguments
            ],
        )
    direction, *writes = (values[name] for name in program.returns)
    zeros: dict[str, str | None] = {}
    states = []
    for name, write in zip(program.slots, writes, strict=True):
        if name in replaced:
            continue
        states.append((name, program.slot_kinds[name], write))
        node = builder.nodes[write]
        unchanged = node.op == SLOT and node.label == name
        if unchanged or (node.op == CONSTANT and node.value == 0):
            zeros[name] = None
    return builder.finish(direction, states), zeros
