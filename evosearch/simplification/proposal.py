"""Says what a stage proposes, and when that is simpler."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evosearch.export.notation.program_text import readable
from evosearch.graph.builder import without_rounding
from evosearch.graph.graph import HYPERPARAMETER, Graph
from evosearch.graph.lowering import lower
from evosearch.language.parser import parse
from evosearch.language.program import Program


@dataclass(frozen=True, slots=True)
class Proposal:
    """Is a program that should do the same as another, and the reason."""

    program: Program
    why: str
    rules: tuple[str, ...] = ()
    """The lines of algebra by which the two are equal."""


def program_of(graph: Graph, like: Program) -> Program:
    """Writes a graph as a program with the name and the operations of another.

    Of numbers that rounding has moved by a digit, that is taken back.
    """
    nodes = tuple(node._replace(value=without_rounding(node.value)) for node in graph.nodes)
    return parse(readable(replace(graph, nodes=nodes), like.name), table=like.table)


def complexity(program: Program) -> tuple[int, int, int, int]:
    """Measures a program: statements of its graph, its slots, constants by name, and its text.

    What is smaller, the first number first, is simpler.
    """
    graph = lower(program)
    return (
        graph.size,
        len(graph.slots),
        len(graph.labels(HYPERPARAMETER)),
        len(program.statements) + len(program.slots) + len(program.hyperparameters),
    )
