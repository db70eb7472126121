"""Rules that none is better than at no more cost."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from evosearch.reports.front import pareto_front
from evosearch.search.records import StoredCandidate
from evosearch.search.store_reader import StoreReader
from proxies.keys import generator


def test_a_rule_is_on_the_front_if_none_dominates_it(finished: StoreReader) -> None:
    """By the definition: none at least as good in all three and better in one."""
    one = finished.candidates()[0]
    draw = generator("front")
    rules = [
        replace(one, id=n, fitness=float(draw.integers(6)), size=int(draw.integers(5)), slots=s)
        for n, s in enumerate(draw.integers(3, size=60).tolist())
    ]

    def values(rule: StoredCandidate) -> tuple[float, int, int]:
        return (rule.fitness or 0.0, -rule.size, -rule.slots)

    def dominates(a: StoredCandidate, b: StoredCandidate) -> bool:
        pairs = list(zip(values(a), values(b), strict=True))
        return all(x >= y for x, y in pairs) and any(x > y for x, y in pairs)

    beaten = {b.id for a, b in product(rules, rules) if dominates(a, b)}
    undominated = {values(rule) for rule in rules if rule.id not in beaten}
    kept = pareto_front(rules)
    assert {values(rule) for rule in kept} == undominated
    assert len(kept) == len(undominated)
    assert [rule.fitness for rule in kept] == sorted((r.fitness for r in kept), reverse=True)  # type: ignore[type-var]
