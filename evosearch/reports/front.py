"""Finds the rules that none is better than at no more cost: Pareto fronts of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evosearch.search.records import StoredCandidate

Cost = Callable[[StoredCandidate], int]


def front(rules: Sequence[StoredCandidate], cost: Cost) -> list[StoredCandidate]:
    """Gives the rules that score higher than all that cost as little, the cheapest first."""
    best: list[StoredCandidate] = []
    for one in sorted(rules, key=lambda one: (cost(one), -(one.score or 0.0), one.id)):
        if not best or (one.score or 0.0) > (best[-1].score or 0.0):
            best.append(one)
    return best


def pareto_front(rules: Sequence[StoredCandidate]) -> list[StoredCandidate]:
    """Gives the rules than which none scores as high, is as short and has as few states.

    The best comes first. Of equals in all three the oldest is given.
    """
    best: list[StoredCandidate] = []
    for one in sorted(rules, key=lambda one: (-(one.score or 0.0), one.size, one.slots, one.id)):
        if not any(other.size <= one.size and other.slots <= one.slots for other in best):
            best.append(one)
    return best
