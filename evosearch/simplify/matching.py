"""Finds where a rule applies in an e-graph, and puts its right side there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evosearch.graph.patterns import Application, Literal, Pattern, Variable
from evosearch.simplify.egraph import EGraph, Operands
from evosearch.simplify.rules import Rule

Bindings = Mapping[str, int]
"""The class that each variable stands for."""


def applications(egraph: EGraph, rule: Rule, number: int) -> Iterator[Bindings]:
    """Yields what the variables stand for where a class has a node that the left side matches."""
    for bindings in match(egraph, rule.left, number, {}):
        if not rule.conditions or rule.allows(
            {name: egraph.classes[bound] for name, bound in bindings.items()}
        ):
            yield bindings


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
                yield from match_operands(egraph, pattern.operands, operands, bindings)
                if pattern.primitive.commutative and operands[0] != operands[1]:
                    yield from match_operands(egraph, pattern.operands, operands[::-1], bindings)
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
    if len(patterns) == 1:
        yield from match(egraph, patterns[0], operands[0], bindings)
        return
    if not patterns:
        yield bindings
        return
    for extended in match(egraph, patterns[0], operands[0], bindings):
        yield from match_operands(egraph, patterns[1:], operands[1:], extended)
