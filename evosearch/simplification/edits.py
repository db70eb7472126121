"""Lists the edits by which a program may be made smaller where that changes what it does.

Exact simplification needs none of them; they are for what is judged by behaviour or by training.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evosearch.export.notation.program_text import written
from evosearch.graph.builder import GraphBuilder, rebuilt
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, Graph
from evosearch.language.number_text import number
from primitives import fits

_NUMBERS = (0.0, 1.0)
"""What may come in the place of a node besides one of its operands."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Puts another node of a graph, or a number, in the place of one of its nodes."""

    node: int
    by: int | None = None
    """The node that comes in its place: an operand, or a state's new value; None for a number."""
    number: float = 0.0

    def texts(self, graph: Graph) -> tuple[str, str]:
        """Writes the node and what comes in its place, as expressions of the language."""
        by = number(self.number) if self.by is None else written(graph, self.by)
        return written(graph, self.node), by

    def told(self, graph: Graph) -> str:
        """Says what comes in the place of what: `tanh(g) -> g`."""
        return " -> ".join(self.texts(graph))


def edits(graph: Graph) -> Iterator[Edit]:
    """Yields an edit for each operand of each primitive, and for 0 and 1 in its place.

    An old state may be taken for zero, and for its new value where that is always the same, as it
    then differs in the first step alone. What is of a larger kind than a node cannot come in its
    place.
    """
    written = {slot.read: slot.write for slot in graph.slots}
    for index, node in enumerate(graph.nodes):
        for operand in dict.fromkeys(node.operands):
            if fits(graph.nodes[operand].kind, node.kind):
                yield Edit(index, operand)
        if node.row is not None:
            yield from (Edit(index, None, value) for value in _NUMBERS)
        elif node.op == SLOT:
            yield Edit(index)
            if graph.nodes[written[index]].op in (CONSTANT, HYPERPARAMETER):
                yield Edit(index, written[index])


def edited(graph: Graph, changes: Iterable[Edit]) -> Graph:
    """Makes a graph with some nodes replaced, each by one edit at most."""
    by_node = {edit.node: edit for edit in changes}

    def replacement(builder: GraphBuilder, index: int) -> int | None:
        if index not in by_node:
            return None
        by = by_node[index].by
        if by is None:
            return builder.constant(by_node[index].number)
        return builder.copy(graph.nodes[by], ())  # a source, which may stand anywhere

    earlier = {
        edit.node: edit.by
        for edit in by_node.values()
        if edit.by is not None and edit.by < edit.node
    }
    return rebuilt(graph, replacement, earlier=earlier)


def size(graph: Graph) -> tuple[int, int, int]:
    """Counts primitives, state slots and named constants; what is less, the first first, is less to
    read."""
    return graph.size, len(graph.slots), len(graph.labels(HYPERPARAMETER))
