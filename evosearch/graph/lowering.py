"""Turns a `Program` into a `Graph`, with hyperparameters named or folded in at their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from evosearch.graph.builder import GraphBuilder
from evosearch.graph.digest import equal_slots
from evosearch.graph.graph import Graph
from evosearch.graph.patterns import expansion
from evosearch.graph.rewriting import build
from evosearch.graph.value_ranges import zero_slots
from evosearch.language.program import RESERVED, Program
from primitives import Composite, Primitive
from primitives.primitive import LETTERS

_NONE: Mapping[tuple[int, int], str] = MappingProxyType({})


def lower(
    program: Program, *, bind: bool = False, named: Mapping[tuple[int, int], str] = _NONE
) -> Graph:
    """Gives the graph of `program`.

    With `bind`, hyperparameters are constants, so that programs which compute the same function
    get the same graph whatever they call their constants; without, they keep their names, which
    export and formulas need. Slots that stay zero, or always equal another, are left out.

    `named` gives literals names, by their statement and position: they are hyperparameters then.

    >>> from evosearch.language.parser import parse
    >>> lower(parse("def f(w, g, m): dead = exp(w); return 1 * g + 0 * w, m")).nodes
    (Node(op='input', operands=(), label='g', value=0.0, kind=<Kind.TENSOR: 'tensor'>, row=None),)
    """
    replaced: dict[str, str | None] = _never_written(program)
    while True:
        graph = _lower(program, bind, named, replaced)
        redundant = _redundant_slots(graph)
        if not redundant:
            return graph
        replaced |= redundant


def _never_written(program: Program) -> dict[str, str | None]:
    """Finds the slots that are returned as they were, and so stay zero: mostly spare ones."""
    targets = {statement.target for statement in program.statements}
    return {
        slot: None
        for slot, returned in zip(program.slots, program.returns[1:], strict=True)
        if slot == returned and slot not in targets
    }


def _redundant_slots(graph: Graph) -> dict[str, str | None]:
    """Maps the slots that stay zero to None, or else those that equal another to its name."""
    stay_zero: dict[str, str | None] = dict.fromkeys(zero_slots(graph))
    return stay_zero or {**equal_slots(graph)}


def _lower(
    program: Program,
    bind: bool,
    named: Mapping[tuple[int, int], str],
    replaced: Mapping[str, str | None],
) -> Graph:
    """Makes the graph in which a slot in `replaced` is read as the slot given there, or as zero."""
    builder = GraphBuilder()
    values: dict[str, int] = {}
    for name in program.inputs:
        source: str | None = name
        while source is not None and source in replaced:
            source = replaced[source]
        if name in RESERVED:
            values[name] = builder.input(name)
        elif source is None:
            values[name] = builder.constant(0.0)
        else:
            values[name] = builder.slot(source, program.slot_kinds[source])
    for name, default in program.hyperparameters:
        values[name] = builder.constant(default) if bind else builder.hyperparameter(name, default)
    operations = program.table.operations
    for index, statement in enumerate(program.statements):
        operands = [
            values[argument]
            if isinstance(argument, str)
            else builder.hyperparameter(named[index, position], argument)
            if (index, position) in named
            else builder.constant(argument)
            for position, argument in enumerate(statement.arguments)
        ]
        operation = operations[statement.primitive]
        if isinstance(operation, Primitive):
            value = builder.apply(operation, operands)
        else:
            assert isinstance(operation, Composite)
            bindings = dict(zip(LETTERS, operands, strict=False))
            value = build(builder, expansion(operation, program.table), bindings)
        values[statement.target] = value
    direction, *writes = (values[name] for name in program.returns)
    return builder.finish(
        direction,
        [
            (name, program.slot_kinds[name], write)
            for name, write in zip(program.slots, writes, strict=True)
        ],
    )
