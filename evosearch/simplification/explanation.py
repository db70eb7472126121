"""Tells by which rules a chosen program is equal to what was there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evosearch.graph.patterns import Application, Literal, Pattern, Variable
from evosearch.simplification.egraph import CONGRUENT, FOLDED, EGraph
from evosearch.simplification.extraction import Chosen
from evosearch.simplification.matching import Bindings, Use, orders
from primitives import Primitive

Pair = tuple[int, int]
"""Two equal nodes, by the numbers that they were made with."""


def rules_used(egraph: EGraph, starts: Iterable[Pair], choice: Mapping[int, Chosen]) -> list[str]:
    """Lists the lines of algebra by which a choice is equal to what was there.

    `starts` pairs each node that the rule had with the one that was chosen for it. The list is
    enough to show it; a shorter one may be, too.
    """
    waiting = list(starts)
    for what, _, made in choice.values():
        if isinstance(what, Primitive):
            waiting += [(o, choice[egraph.root(o)][2]) for o in egraph.made(made)[1]]
    used: dict[str, None] = {}
    seen: set[Pair] = set()
    while waiting:
        pair = waiting.pop()
        if pair in seen:
            continue
        seen.add(pair)
        for reason, one, other in egraph.reasons(*pair):
            if reason == CONGRUENT:
                waiting += _paired(egraph, one, other)
            elif reason == FOLDED:
                waiting += _numbers(egraph, one) + _numbers(egraph, other)
            elif isinstance(reason, Use):
                used[reason.rule.text] = None
                waiting += _evidence(egraph, reason.rule.left, reason.node, reason.bindings) or []
                # The right side may have been folded as it was made.
                waiting += [(bound, _number(egraph, bound)) for bound in reason.bindings.values()]
            else:
                used[str(reason)] = None
    return sorted(used)


def _paired(egraph: EGraph, one: int, other: int) -> list[Pair]:
    """Pairs the operands by which two nodes are equal."""
    first, second = egraph.made(one)[1], egraph.made(other)[1]
    if any(egraph.root(a) != egraph.root(b) for a, b in zip(first, second, strict=True)):
        second = second[::-1]
    return list(zip(first, second, strict=True))


def _numbers(egraph: EGraph, node: int) -> list[Pair]:
    """Pairs each operand of a node, which are numbers, with the number that it is."""
    return [(o, _number(egraph, o)) for o in egraph.made(node)[1]]


def _number(egraph: EGraph, node: int) -> int:
    """Gives the node of the number that a node is, or the node itself where it is none."""
    one = egraph[node]
    return node if one.value is None else next(iter(one.leaves.values()))


def _evidence(
    egraph: EGraph, pattern: Application, node: int, bindings: Bindings
) -> list[Pair] | None:
    """Pairs the nodes on whose being equal it depends that a pattern matches a node."""
    for order in orders(pattern.primitive, egraph.made(node)[1]):
        parts = [
            _part(egraph, part, operand, bindings)
            for part, operand in zip(pattern.operands, order, strict=True)
        ]
        if None not in parts:
            return [pair for part in parts if part for pair in part]
    return None


def _part(egraph: EGraph, pattern: Pattern, operand: int, bindings: Bindings) -> list[Pair] | None:
    match pattern:
        case Variable(name):
            same = egraph.root(bindings[name]) == egraph.root(operand)
            return [(operand, bindings[name])] if same else None
        case Literal(value):
            return [(operand, _number(egraph, operand))] if egraph[operand].value == value else None
        case Application(primitive):
            one = egraph[operand]
            for made in (*one.rows.get(primitive, {}).values(), *one.folded):
                if egraph.made(made)[0] is primitive:
                    within = _evidence(egraph, pattern, made, bindings)
                    if within is not None:
                        return [(operand, made), *within]
            return None
