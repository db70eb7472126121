"""Applies rules to an e-graph until nothing new comes of it, or a limit is reached.

Limits are counts, so that the result is the same on every machine, however slow. A rule that
applies very often, as those do that move parentheses, pauses for a while, longer each time (the
back-off of egg, arXiv 2004.03082).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from evosearch.graph.patterns import Application
from evosearch.simplification.egraph import EGraph
from evosearch.simplification.matching import Use, instantiate, uses
from evosearch.simplification.rules import Rule
from primitives import Primitive

DEEPEST_PATTERN = 3
"""The most primitives on a way down the left side of a rule; a test holds it against the table."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds a saturation."""

    nodes: int = 2500
    rounds: int = 12
    applications: int = 120
    """How often a rule may apply in one round before it pauses; doubled by each pause."""


@dataclass
class _Turn:
    """Holds of one rule when it is to be tried again."""

    rule: Rule
    pauses: int = 0
    until: int = 0
    everywhere: bool = False
    """Whether it has classes to catch up with."""


def saturate(egraph: EGraph, rules: Sequence[Rule], limits: Limits) -> bool:
    """Applies rules as long as something new comes of it; tells whether no limit stopped it.

    Rules that make nothing new, such as `x * 1 -> x`, are applied once more at the end.

    Raises:
        Contradiction: two different numbers came out equal.
    """
    done = _saturate(egraph, rules, limits)
    if not done:
        everywhere = _by_primitive(egraph, list(egraph.classes))
        closing = [rule for rule in rules if not isinstance(rule.right, Application)]
        _apply(
            egraph,
            [
                use
                for rule in closing
                for number in everywhere.get(rule.left.primitive, ())
                for use in uses(egraph, rule, number)
            ],
        )
    return done


def _apply(egraph: EGraph, matches: Iterable[Use]) -> None:
    for use in matches:
        egraph.union(use.node, instantiate(egraph, use.rule.right, use.bindings), use)
    egraph.rebuild()


def _saturate(egraph: EGraph, rules: Sequence[Rule], limits: Limits) -> bool:
    turns = [_Turn(rule) for rule in rules]
    egraph.rebuild()
    for round_number in range(limits.rounds):
        places = _by_primitive(egraph, _around(egraph))
        everywhere = _by_primitive(egraph, list(egraph.classes))
        egraph.changed = set()
        matches: list[Use] = []
        for turn in turns:
            if turn.until > round_number:
                turn.everywhere = True
                continue
            among = everywhere if turn.everywhere else places
            turn.everywhere = False
            new: list[Use] = []
            most = limits.applications << turn.pauses
            for number in among.get(turn.rule.left.primitive, ()):
                new += uses(egraph, turn.rule, number)
                if len(new) > most:
                    break
            if len(new) > most:
                turn.until = round_number + 2 + turn.pauses
                turn.pauses += 1
                turn.everywhere = True
                del new[most:]
            matches += new
        _apply(egraph, takewhile(lambda _: len(egraph) <= limits.nodes, matches))
        if len(egraph) > limits.nodes:
            return False
        if not egraph.changed and not any(turn.everywhere for turn in turns):
            return True
    return False


def _around(egraph: EGraph) -> list[int]:
    """Lists the classes from which a pattern may reach one that changed."""
    users = egraph.users()
    reached = {number for number in egraph.changed if number in egraph.classes}
    edge = reached
    for _ in range(DEEPEST_PATTERN - 1):
        edge = {user for number in edge for user in users[number]} - reached
        reached = reached | edge
    return sorted(reached)


def _by_primitive(egraph: EGraph, numbers: Sequence[int]) -> dict[Primitive, list[int]]:
    """Files classes by the primitives of their nodes."""
    filed: dict[Primitive, list[int]] = {}
    for number in numbers:
        for row in egraph.classes[number].rows:
            filed.setdefault(row, []).append(number)
    return filed
