"""Finds where a rule applies in an e-graph, and puts its right side there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from evosearch.graph.patterns import Application, Literal, Pattern, Variable
from evosearch.simplification.egraph import EGraph, Operands
from evosearch.simplification.rules import Rule
from primitives import Primitive

Bindings = Mapping[str, int]
"""The class that each variable stands for."""


class Use(NamedTuple):
    """Is one application of a rule, and the reason for which what it makes is equal."""

    node: int
    """The node that the left side matches, by the number that it was made with."""
    rule: Rule
    bindings: Bindings


def uses(egraph: EGraph, rule: Rule, number: int) -> Iterator[Use]:
    """Yields where the left side matches a node of a class, and the conditions hold."""
    left, nodes = rule.left, egraph.classes[number].rows.get(rule.left.primitive, {})
    for operands, made in nodes.items():
        for order in orders(left.primitive, operands):
            for bindings in match_operands(egraph, left.operands, order, {}):
                if not rule.conditions or rule.allows(
                    {name: egraph.classes[bound] for name, bound in bindings.items()}
                ):
                    yield Use(made, rule, bindings)


def orders(primitive: Primitive, operands: Operands) -> tuple[Operands, ...]:
    """Lists the orders in which operands may be taken."""
    if primitive.commutative and operands[0] != operands[1]:
        return operands, operands[::-1]
    return (operands,)


def instantiate(egraph: EGraph, pattern: Pattern, bindings: Bindings) -> int:
    """Makes the class of a pattern whose variables stand for these classes."""
    match pattern:
        case Variable(name):
            return egraph.root(bindings[name])
        case Literal(value):
            return egraph.constant(value)
        case Application(primitive, operands):
            return egraph.apply(
                primitive, [instantiate(egraph, operand, bindings) for operand in operands]
            )


def match(egraph: EGraph, pattern: Pattern, number: int, bindings: Bindings) -> Iterator[Bindings]:
    """Yields the bindings, extending those given, for which a node of a class matches."""
    if isinstance(pattern, Application):
        nodes = egraph.classes[number].rows.get(pattern.primitive)
        if nodes:
            for operands in nodes:
                for order in orders(pattern.primitive, operands):
                    yield from match_operands(egraph, pattern.operands, order, bindings)
    elif isinstance(pattern, Variable):
        bound = bindings.get(pattern.name)
        if bound is None:
            yield {**bindings, pattern.name: number}
        elif bound == number:
            yield bindings
    elif egraph.classes[number].value == pattern.value:
        yield bindings


def match_operands(
    egraph: EGraph, patterns: tuple[Pattern, ...], operands: Operands, bindings: Bindings
) -> Iterator[Bindings]:
    """Yields the bindings for which these classes match one by one, in this order."""
    if len(patterns) == 1:
        yield from match(egraph, patterns[0], operands[0], bindings)
        return
    if not patterns:
        yield bindings
        return
    for extended in match(egraph, patterns[0], operands[0], bindings):
        yield from match_operands(egraph, patterns[1:], operands[1:], extended)
