"""Describes a program without training it; the description is the content of `evosearch check`."""

from __future__ import annotations

from dataclasses import dataclass

from evosearch.graph.digest import digest
from evosearch.graph.graph import INPUT, SOURCES
from evosearch.graph.lowering import lower
from evosearch.language.liveness import live_slots, live_statements
from evosearch.language.printer import statement_text
from evosearch.language.program import Program, walk_kinds
from evosearch.screening.screen import screen_graph
from primitives import Kind

_BYTES = 4  # of a number in single precision


@dataclass(frozen=True, slots=True)
class SlotDescription:
    """Describes a state slot; `live` says whether the direction depends on it."""

    name: str
    kind: str
    live: bool


@dataclass(frozen=True, slots=True)
class Description:
    """Describes a valid program in numbers.

    Sizes and costs are those of its graph, in which nothing is dead.
    """

    name: str
    inputs: tuple[str, ...]
    """The reserved inputs that the direction depends on."""
    hyperparameters: dict[str, float]
    kinds: dict[str, tuple[str, ...]]
    """For each name the kinds it takes, in order, where it is assigned more than once."""
    statements: int
    dead_statements: tuple[str, ...]
    slots: tuple[SlotDescription, ...]
    state_bytes: int
    """Bytes per parameter that the live slots take in single precision."""
    operations: int
    """The graph's size: distinct primitives after simplification."""
    cost: int
    """Arithmetic operations per parameter and step, roughly."""
    digest: str
    gate: str | None
    """The name of the gate by which a search would reject it, if any."""


def describe(program: Program) -> Description:
    """Finds out everything that `evosearch check` tells of a valid program."""
    graph = lower(program, bind=True)
    live, slots = live_statements(program), live_slots(program)
    key = digest(graph)
    return Description(
        name=program.name,
        inputs=graph.labels(INPUT),
        hyperparameters=dict(program.hyperparameters),
        kinds=_kinds(program),
        statements=len(program.statements),
        dead_statements=tuple(
            statement_text(statement, program.table)
            for index, statement in enumerate(program.statements)
            if index not in live
        ),
        slots=tuple(
            SlotDescription(slot, str(program.slot_kinds[slot]), slot in slots)
            for slot in program.slots
        ),
        state_bytes=_BYTES * sum(slot.kind is Kind.TENSOR for slot in graph.slots),
        operations=graph.size,
        cost=sum(
            node.primitive.cost
            for node in graph.nodes
            if node.op not in SOURCES
            and Kind.TENSOR in (node.kind, *(graph.nodes[i].kind for i in node.operands))
        ),
        digest=key,
        gate=screen_graph(graph, key).facts.gate,
    )


def _kinds(program: Program) -> dict[str, tuple[str, ...]]:
    kinds: dict[str, tuple[str, ...]] = {}
    for bound in walk_kinds(program, program.slot_kinds):
        for name, kind in bound.items():
            before = kinds.get(name, ())
            if not before or before[-1] != str(kind):
                kinds[name] = (*before, str(kind))
    return kinds
