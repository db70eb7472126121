"""Finds which values each node of a graph can take, through any number of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, SOURCES, Graph, Node
from primitives import Range
from primitives.ranges import ANY, ZERO, constant, hull

_ROUNDS_BEFORE_WIDENING = 3
_INPUTS = {"t": Range(1.0, inf), "lr": Range(0.0, inf)}
"""The ranges of inputs of which something is known; the others may be anything."""


def node_range(node: Node, operands: Sequence[Range]) -> Range:
    """Gives the values a node can take from those of its operands.

    Slots and hyperparameters may take any.
    """
    if node.op == CONSTANT:
        return constant(node.value)
    if node.row is None:
        return _INPUTS.get(node.label, ANY)
    return node.primitive.range(*operands)


def needs_guard(node: Node, ranges: Sequence[Range]) -> bool:
    """Tells whether the special case of a node's primitive can occur.

    `ranges` are those of all nodes.
    """
    guard = node.row.guarded if node.row is not None else None
    return guard is not None and not guard.unneeded(*(ranges[i] for i in node.operands))


def zero_slots(graph: Graph) -> frozenset[str]:
    """Finds the slots that stay zero, as far as the primitives' ranges tell."""
    staying = {slot.name for slot in graph.slots if slot.start == 0}
    while staying:
        zero: set[int] = set()
        for index, node in enumerate(graph.nodes):
            if node.op == SLOT:
                if node.label in staying:
                    zero.add(index)
            elif node.op in SOURCES:
                if node.op == CONSTANT and node.value == 0:
                    zero.add(index)
            elif not zero.isdisjoint(node.operands):
                operands = [ZERO if operand in zero else ANY for operand in node.operands]
                if node.primitive.range(*operands) == ZERO:
                    zero.add(index)
        still = {slot.name for slot in graph.slots if slot.write in zero} & staying
        if still == staying:
            break
        staying = still
    return frozenset(staying)


def hyperparameter_domains(graph: Graph) -> dict[str, Range]:
    """Gives the values that an exported optimizer accepts for each hyperparameter.

    Positive hyperparameters stay positive. One below 1 that weights a `lerp` or is raised to a
    power is a decay rate, so it stays in [0, 1).
    """
    domains = {}
    decays = decay_rates(graph.nodes)
    for node in graph.nodes:
        if node.op != HYPERPARAMETER:
            continue
        if node.label in decays:
            domains[node.label] = Range(0.0, 1.0, high_open=True)
        elif node.value > 0:
            domains[node.label] = Range(0.0, inf, low_open=True)
        else:
            domains[node.label] = ANY
    return domains


def decay_rates(nodes: Sequence[Node]) -> frozenset[str]:
    """Names the hyperparameters below 1 that weight a `lerp` or are raised to a power."""
    labels = set()
    for user in nodes:
        if user.row is not None:
            position = user.row.decay_position
            if position is not None:
                node = nodes[user.operands[position]]
                if node.op == HYPERPARAMETER and 0 <= node.value < 1:
                    labels.add(node.label)
    return frozenset(labels)


def ranges(graph: Graph, hyperparameters: Mapping[str, Range] | None = None) -> list[Range]:
    """Computes the range of each node.

    Hyperparameters lie in the ranges that are given for them, by default at their value.

    A slot's range begins with its start; it grows with what is written until it is stable, and is
    widened to a whole half-line where it goes on growing.
    """
    slots = {slot.name: Range(slot.start, slot.start) for slot in graph.slots}
    for step in range(2 * len(slots) + _ROUNDS_BEFORE_WIDENING + 2):
        by_node = _evaluate(graph, slots, hyperparameters or {})
        grown = {slot.name: hull(slots[slot.name], by_node[slot.write]) for slot in graph.slots}
        if grown == slots:
            return by_node
        if step >= _ROUNDS_BEFORE_WIDENING:
            grown = {
                name: grown[name] if grown[name] == old else _widen(old, grown[name])
                for name, old in slots.items()
            }
        slots = grown
    return _evaluate(graph, dict.fromkeys(slots, ANY), hyperparameters or {})


def _widen(old: Range, new: Range) -> Range:
    low = old.low if new.low == old.low else (0.0 if new.low >= 0 else -inf)
    high = old.high if new.high == old.high else (0.0 if new.high <= 0 else inf)
    return Range(low, high)


def _evaluate(
    graph: Graph, slots: Mapping[str, Range], hyperparameters: Mapping[str, Range]
) -> list[Range]:
    by_node: list[Range] = []
    for node in graph.nodes:
        if node.op == SLOT:
            by_node.append(slots[node.label])
        elif node.op == HYPERPARAMETER:
            by_node.append(hyperparameters.get(node.label, constant(node.value)))
        else:
            by_node.append(node_range(node, [by_node[operand] for operand in node.operands]))
    return by_node
