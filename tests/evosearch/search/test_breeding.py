"""Breeding: a child differs from its parent, and what becomes of it is decided by its function."""

from __future__ import annotations

import numpy as np
import pytest

from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule
from evosearch.scoring.yardstick import SEEDS
from evosearch.screening.screen import screen
from evosearch.search import breeding
from evosearch.search.breeding import Breeder
from evosearch.search.candidate import DUPLICATE, REMEASURED, TRAINED, Candidate, Individual
from evosearch.search.catalogue import Catalogue
from evosearch.search.config import SearchConfig, make_config
from evosearch.search.population import Population
from evosearch.search.space import prepare
from proxies.keys import generator
from tests.support.evolving import grow, shortness


def test_a_child_differs_from_its_parent_in_canonical_form() -> None:
    """Neutral edits are followed by more, until the function's graph changes."""
    history = grow(shortness, 10)
    by_id = {c.id: c for c in history}
    for candidate in history[1:]:
        assert candidate.parent is not None
        assert candidate.facts.digest != by_id[candidate.parent].facts.digest
        assert len(candidate.mutations) >= 1


def test_no_function_is_trained_twice() -> None:
    """Equal graphs are duplicates, and so are rules with equal directions up to scale."""
    history = grow(lambda _: 0.0, 25)
    trained = [c for c in history if c.outcome == TRAINED]
    assert len({c.facts.digest for c in trained}) == len(trained)
    duplicates = [c for c in history if c.outcome == DUPLICATE]
    assert duplicates
    by_id = {c.id: c for c in history}
    for candidate in duplicates:
        assert candidate.contender is None
        assert by_id[candidate.representative].outcome == TRAINED
        both = candidate, by_id[candidate.representative]
        vectors = [screen(c.program).fingerprint for c in both]
        assert vectors[0] is not None
        assert vectors[1] is not None
        np.testing.assert_allclose(vectors[0].short, vectors[1].short, atol=1e-3)


def test_a_class_that_is_hit_often_is_trained_again_on_other_seeds() -> None:
    """Every so many hits, until the yardstick's seeds are used up; never where that is 0."""
    history = grow(lambda _: 0.0, 40, remeasure_after=3, seeds=1)
    hits: dict[int, list[Candidate]] = {}
    for candidate in history:
        if candidate.outcome in (DUPLICATE, REMEASURED):
            hits.setdefault(candidate.representative, []).append(candidate)
    again = 0
    for members in hits.values():
        for count, candidate in enumerate(members, start=1):
            due = count % 3 == 0 and count // 3 < SEEDS
            assert (candidate.outcome == REMEASURED) == due
            assert candidate.seeds == ((count // 3,) if due else ())
            again += due
    assert again > SEEDS
    never = grow(lambda _: 0.0, 40, remeasure_after=0, seeds=1)
    assert all(candidate.outcome != REMEASURED for candidate in never)


def test_only_candidates_to_be_trained_carry_a_plan() -> None:
    """What travels to the workers is what they need, and no more."""
    history = grow(shortness, 5)
    for candidate in history:
        trains = candidate.outcome in (TRAINED, REMEASURED)
        assert (candidate.contender is not None) == trains == bool(candidate.seeds)


def founder(config: SearchConfig) -> Individual:
    program = prepare(known_rule("adamw"), config.spare_slots)
    return Individual(0, program, digest(lower(program, bind=True)), 0)


def test_a_candidate_draws_from_a_generator_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keyed by the run's seed and its number, whatever was drawn before."""
    keys: list[tuple[object, ...]] = []

    def noted(*key: str | int) -> np.random.Generator:
        keys.append(key)
        return generator(*key)

    monkeypatch.setattr(breeding, "generator", noted)
    config = make_config({"seed": 5, "population": 4}, "test")
    breeder = Breeder(config, Catalogue())
    population = Population(founder(config), 4, 2)
    breeder.first(founder(config))
    for _ in range(3):
        breeder.next(population, 1)
    assert keys == [("candidate", 5, number) for number in (1, 2, 3)]


def test_edits_that_change_nothing_end_after_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where mutation never leaves the function, the child is a duplicate, and breeding goes on."""
    monkeypatch.setattr(breeding, "mutate", lambda program, *_: (program, "nothing"))
    config = make_config({"population": 4}, "test")
    breeder = Breeder(config, Catalogue())
    start = founder(config)
    assert breeder.first(start).outcome == TRAINED
    child = breeder.next(Population(start, 4, 2), 1)
    assert child.outcome == DUPLICATE
    assert (child.representative, child.parent) == (0, 0)
    assert child.mutations == ("nothing",) * 50
