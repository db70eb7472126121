"""Finds a known rule inside a program: a value that, were it the direction, would be that rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evosearch.export.notation.program_text import readable
from evosearch.graph.builder import GraphBuilder, rebuilt
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, SOURCES, Graph, Node
from evosearch.graph.structure import structure_of
from evosearch.recognition.behaviour import Behaviour
from evosearch.recognition.known import Known, by_structure, constants_of, same_class
from primitives import Kind

_LEAST_SHARE = 1 / 3
"""Of the program's statements, those that belong to the rule; else any program would be
called `momentum` with something to it."""
_LEAST_SIZE = 2
"""The statements of the smallest rule that counts; the gradient and its sign are in most."""

_SAME_SIZE = 1e-4
"""The share up to which a factor is one."""


@dataclass(frozen=True)
class Contained:
    """Holds a known rule that a program computes on the way to its direction."""

    known: Known
    constants: dict[str, float]
    part: Graph
    """The rule, cut out of the program."""
    rest: str
    """What the program does with it, as text in which the rule stands by its name."""
    unshared: int
    """The statements of the program that are not the rule's."""


def contained(graph: Graph) -> Contained | None:
    """Finds the largest known rule in a program whose constants are all hyperparameters."""
    least = max(_LEAST_SIZE, _LEAST_SHARE * graph.size)
    parts = [
        (part, index)
        for index, node in enumerate(graph.nodes)
        if node.op not in SOURCES and node.kind is Kind.TENSOR and index != graph.direction
        if least <= (part := _rebuilt(graph, index, {})).size < graph.size
    ]
    for part, index in sorted(parts, key=lambda one: -one[0].size):
        known = by_structure().get((own := structure_of(part)).digest)
        name = "" if known is None else known.name
        if known is not None:
            constants = constants_of(known, own)
        else:
            known = same_class(behaviour := Behaviour(part))
            if known is None:
                continue
            constants = known.defaults
            name = _times(behaviour.size / Behaviour(known.family.graph).size, known.name)
        rest = _rest(graph, index, name)
        return Contained(known, constants, part, rest, graph.size - part.size)
    return None


def _times(factor: float, name: str) -> str:
    """Names a multiple of a rule."""
    return name if abs(factor - 1) < _SAME_SIZE else f"({factor:.6g} * {name})"


def _rest(graph: Graph, place: int, name: str) -> str:
    """Writes how the direction comes from the value at a node, which is called `name`."""
    given = {
        index: Node(CONSTANT, value=node.value)
        for index, node in enumerate(graph.nodes)
        if node.op == HYPERPARAMETER
    }
    given[place] = Node(INPUT, label=name, kind=Kind.TENSOR)
    text = readable(_rebuilt(graph, graph.direction, given), "rest")
    _, *lines, _ = text.strip().splitlines()
    return "; ".join(line.strip() for line in lines)


def _rebuilt(graph: Graph, direction: int, given: Mapping[int, Node]) -> Graph:
    """Makes the graph anew with another direction, and with sources in the place of some nodes."""

    def replacement(builder: GraphBuilder, index: int) -> int | None:
        return builder.copy(given[index], []) if index in given else None

    return rebuilt(graph, replacement, direction)
