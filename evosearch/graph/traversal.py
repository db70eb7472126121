"""Answers questions about a list of nodes in which operands come first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from evosearch.graph.graph import Node


def count_uses(nodes: Sequence[Node], results: Iterable[int] = ()) -> list[int]:
    """Counts for each node how often it is an operand or among `results`."""
    uses = [0] * len(nodes)
    for node in nodes:
        for operand in node.operands:
            uses[operand] += 1
    for result in results:
        uses[result] += 1
    return uses


def reachable(nodes: Sequence[Node], roots: Iterable[int], known: Iterable[int] = ()) -> set[int]:
    """Finds the nodes that `roots` depend on within a step, roots included.

    Nodes in `known` are left out, and so is what is reached only through them.
    """
    left_out = known if isinstance(known, set | frozenset) else set(known)
    reached: set[int] = set()
    stack = list(roots)
    while stack:
        index = stack.pop()
        if index not in reached and index not in left_out:
            reached.add(index)
            stack.extend(nodes[index].operands)
    return reached


def first_reached(nodes: Sequence[Node], roots: Iterable[int], known: Collection[int]) -> set[int]:
    """Finds the nodes of `known` that a walk from `roots` through operands first meets.

    A root that is known is met at once.
    """
    start = set(roots)
    passed = reachable(nodes, start, known)
    met = start.union(*(nodes[index].operands for index in passed))
    return {index for index in met if index in known}
