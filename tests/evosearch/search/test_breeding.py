"""Breeding: a child differs from its parent, and what becomes of it is decided by its function."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from evosearch.language.library import known_rule
from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.setting import Setting
from evosearch.screening.screen import screen
from evosearch.search import breeding
from evosearch.search.breeding import Breeder
from evosearch.search.candidate import DUPLICATE, RETUNED, TRAINED, Individual
from evosearch.search.catalogue import Catalogue
from evosearch.search.config import SearchConfig
from evosearch.search.config_values import make_config
from evosearch.search.evolution import Evolution
from evosearch.search.memory import Memory
from evosearch.search.population import Population
from evosearch.search.presets import PRESETS
from evosearch.search.space import prepare
from proxies.keys import generator
from tests.support.evolving import TASK, advance, grow, shortness

VALUES = {"tasks": [TASK], "population": 20, "tournament": 3, "evaluations": 2000}


def test_a_child_differs_from_its_parent_in_structure() -> None:
    """Neutral edits are followed by more; a class passes its representative's structure on."""
    history = grow(shortness, 10)
    by_id = {c.id: c for c in history}
    for candidate in history[1:]:
        assert candidate.parent is not None
        if candidate.outcome != RETUNED:
            passing = by_id[by_id[candidate.parent].representative]
            assert candidate.structure != passing.structure
            assert len(candidate.mutations) >= 1


def test_where_constants_are_not_tuned_a_child_may_differ_in_them_alone() -> None:
    """As in the paper: each vector of constants is a candidate."""
    history = grow(shortness, 10, **PRESETS["constants"] | VALUES)
    by_id = {c.id: c for c in history}
    children = [c for c in history[1:] if c.outcome != RETUNED]
    assert children
    for candidate in children:
        assert candidate.parent is not None
        assert candidate.facts.digest != by_id[candidate.parent].facts.digest
        assert candidate.structure == history[0].structure
    assert sum(c.outcome == TRAINED for c in history) > 20


def test_no_structure_and_no_function_is_entered_twice() -> None:
    """Equal structures are duplicates, and so are rules with equal directions up to scale."""
    history = grow(lambda _: 0.0, 25)
    trained = [c for c in history if c.outcome == TRAINED]
    assert len({c.structure for c in trained}) == len(trained)
    assert len({c.facts.digest for c in trained}) == len(trained)
    duplicates = [c for c in history if c.outcome == DUPLICATE]
    by_id = {c.id: c for c in history}
    alike = 0
    for candidate in duplicates:
        assert candidate.entrant is None
        first = by_id[candidate.representative]
        assert first.outcome == TRAINED
        assert first.id < candidate.id
        alike += candidate.structure != first.structure
    assert 0 < alike < len(duplicates)


def test_functions_alike_are_duplicates_where_constants_are_not_tuned() -> None:
    """There a class is of programs that do the same; it says so on the probe."""
    history = grow(lambda c: float(c.id % 7), 25, **PRESETS["paper"] | VALUES)
    by_id = {c.id: c for c in history}
    duplicates = [c for c in history if c.outcome == DUPLICATE]
    assert duplicates
    for candidate in duplicates:
        both = candidate, by_id[candidate.representative]
        vectors = [screen(c.program).fingerprint for c in both]
        assert vectors[0] is not None
        assert vectors[1] is not None
        np.testing.assert_allclose(vectors[0].short, vectors[1].short, atol=1e-3)


def test_a_promoted_class_is_tuned_in_its_next_round() -> None:
    """The same rules, from the best settings so far, with draws that the round's key names."""
    history = grow(shortness, 25)
    by_id = {c.id: c for c in history}
    again = [c for c in history if c.outcome == RETUNED]
    rounds: dict[int, int] = {}
    for candidate in again:
        first = by_id[candidate.representative]
        assert candidate.parent == candidate.representative
        assert (candidate.program, candidate.structure) == (first.program, first.structure)
        assert first.entrant is not None
        assert candidate.entrant is not None
        rounds[first.id] = rounds.get(first.id, 0) + 1
        assert candidate.entrant.round == rounds[first.id]
        assert candidate.entrant.key == first.entrant.key
        assert candidate.entrant.family.graph == first.entrant.family.graph
    assert set(rounds.values()) == {1, ROUNDS - 1}


def test_a_further_round_starts_where_the_one_before_ended() -> None:
    """From the settings that it chose, on each task, and from what members brought meanwhile."""
    config = make_config({"tasks": [TASK], "population": 20}, "test")
    evolution = Evolution(config, [known_rule("adamw")], Memory.in_ram())
    best: dict[int, Setting] = {}
    members: Counter[str] = Counter()
    checked = together = 0
    for block in range(20):
        bred, results, _ = advance(evolution, block, 8, shortness)
        for candidate in bred:
            if candidate.outcome == RETUNED and candidate.entrant:
                first, *brought = candidate.entrant.starts[TASK]
                assert first == best[candidate.representative]
                assert len({len(setting.constants) for setting in (first, *brought)}) == 1
                assert len(brought) <= members[candidate.structure]
                checked += 1
                together += len(brought)
            elif candidate.outcome == DUPLICATE:
                members[candidate.structure] += 1
            if candidate.entrant:
                best[candidate.representative] = results[candidate.id].tuned[TASK].best
    assert checked > 5
    assert together > 0


def test_a_new_rule_starts_from_its_parents_best() -> None:
    """Its rate, and its constants as far as the child has them."""
    config = make_config({"tasks": [TASK], "population": 20}, "test")
    evolution = Evolution(config, [known_rule("adamw")], Memory.in_ram())
    (start,), results, _ = advance(evolution, 0, 1, shortness)
    assert start.entrant is not None
    assert start.entrant.starts == {}
    best = results[0].tuned[TASK].best
    tuned = dict(zip(start.entrant.family.names, best.constants, strict=True))
    kept = 0
    for candidate in evolution.breed(1, 8):
        if candidate.entrant is None:
            continue
        (setting,) = candidate.entrant.starts[TASK]
        assert setting.rate == best.rate
        own = dict(zip(candidate.entrant.family.names, setting.constants, strict=True))
        kept += sum(own[name] == tuned[name] for name in own if name in tuned)
    assert kept > 8


def test_only_candidates_to_be_tuned_carry_a_family() -> None:
    """What travels to the workers is what they need, and no more."""
    for candidate in grow(shortness, 5):
        tuned = candidate.outcome in (TRAINED, RETUNED)
        assert (candidate.entrant is not None) == tuned


def founder(config: SearchConfig) -> Individual:
    program = prepare(known_rule("adamw"), config.spare_slots)
    return Individual(0, program, 0)


def test_a_candidate_draws_from_a_generator_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keyed by the run's seed and its number, whatever was drawn before."""
    keys: list[tuple[object, ...]] = []

    def noted(*key: str | int) -> np.random.Generator:
        keys.append(key)
        return generator(*key)

    monkeypatch.setattr(breeding, "generator", noted)
    config = make_config({"seed": 5, "population": 4}, "test")
    breeder = Breeder(config, Catalogue(Memory.in_ram(), True, config.spare_slots))
    population = Population([founder(config)], 4, 2)
    breeder.first(founder(config).program)
    for _ in range(3):
        breeder.next(population, 1)
    assert keys == [("candidate", 5, number) for number in (1, 2, 3)]


def test_edits_that_change_nothing_end_after_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where mutation never leaves the function, the child is a duplicate, and breeding goes on."""
    monkeypatch.setattr(breeding, "mutate", lambda program, *_: (program, "nothing"))
    config = make_config({"population": 4}, "test")
    breeder = Breeder(config, Catalogue(Memory.in_ram(), True, config.spare_slots))
    start = founder(config)
    assert breeder.first(start.program).outcome == TRAINED
    child = breeder.next(Population([start], 4, 2), 1)
    assert child.outcome == DUPLICATE
    assert (child.representative, child.parent) == (0, 0)
    assert child.mutations == ("nothing",) * 50


def test_a_parent_without_an_edit_has_a_child_like_itself() -> None:
    """It is a duplicate, so that a search that can go nowhere ends."""
    values = {**PRESETS["constants"], "population": 4}
    config = make_config(values, "test")
    breeder = Breeder(
        config, Catalogue(Memory.in_ram(), config.tunes_constants, config.spare_slots)
    )
    start = Individual(0, prepare(known_rule("sgd"), 0), 0)
    assert breeder.first(start.program).outcome == TRAINED
    child = breeder.next(Population([start], 4, 2), 1)
    assert (child.outcome, child.representative, child.mutations) == (DUPLICATE, 0, ())
