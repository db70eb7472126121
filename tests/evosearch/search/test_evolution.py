"""Evolution: who breeds, who lives, and that nothing but the configuration decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule
from evosearch.scoring.evaluation import Result
from evosearch.scoring.yardstick import SEEDS
from evosearch.screening.screen import screen
from evosearch.screening.short_probe import ELEMENTS, probe, run
from evosearch.search.config import make_config
from evosearch.search.evolution import (
    DUPLICATE,
    REJECTED,
    REMEASURED,
    TRAINED,
    Candidate,
    Evolution,
)


def grow(
    score: Callable[[Candidate], float], blocks: int, **values: Any
) -> tuple[Evolution, list[Candidate]]:
    """Breeds some blocks with a made-up fitness, so that nothing is trained."""
    config = make_config({"population": 20, "tournament": 3, **values}, "test")
    evolution = Evolution(config, known_rule("adamw"))
    history: list[Candidate] = []
    for block in range(blocks):
        bred = evolution.breed(block, config.block)
        results = {c.id: Result(score(c), True, ()) for c in bred if c.contender}
        evolution.commit(bred, results)
        history += bred
    return evolution, history


def shortness(candidate: Candidate) -> float:
    return -float(candidate.facts.statements)


def sign_likeness(candidate: Candidate) -> float:
    """The cosine of the directions on the probe with the gradients' signs: of the function alone.

    A duplicate has its class's fitness, however long its own text is.
    """
    directions = run(lower(candidate.program, bind=True)).directions
    directions = directions / np.max(np.abs(directions))
    signs = np.sign(probe().gradients[:, :ELEMENTS])
    return float(np.sum(directions * signs) / np.sqrt(np.sum(directions**2) * np.sum(signs**2)))


def test_selection_finds_what_is_fit() -> None:
    """Where fitness is likeness to the gradient's sign, the population comes to be like it."""

    def late_likeness(score: Callable[[Candidate], float]) -> float:
        _, history = grow(score, 20)
        valid = [c for c in history if c.outcome != REJECTED]
        return float(np.mean([sign_likeness(c) for c in valid[-80:]]))

    assert late_likeness(sign_likeness) > late_likeness(lambda _: 0.0) + 0.2


def test_the_same_configuration_breeds_the_same_candidates() -> None:
    """Texts, parents and mutations agree; another seed gives others."""

    def story(seed: int) -> list[tuple[str, int | None, tuple[str, ...]]]:
        _, history = grow(shortness, 6, seed=seed)
        return [(c.facts.digest, c.parent, c.mutations) for c in history]

    assert story(0) == story(0)
    assert story(0) != story(1)


def test_candidates_are_numbered_in_order_and_blocks_hold_what_was_asked() -> None:
    """Block 0 is the start rule; each later one has as many to train as it has places."""
    _, history = grow(shortness, 5, block=6)
    assert [c.id for c in history] == list(range(len(history)))
    trained = [sum(c.outcome == TRAINED for c in history if c.block == b) for b in range(5)]
    assert trained == [1, 6, 6, 6, 6]


def test_a_child_differs_from_its_parent_in_canonical_form() -> None:
    """Neutral edits are followed by more, until the function's graph changes."""
    _, history = grow(shortness, 10)
    by_id = {c.id: c for c in history}
    for candidate in history[1:]:
        assert candidate.parent is not None
        assert candidate.facts.digest != by_id[candidate.parent].facts.digest
        assert len(candidate.mutations) >= 1


def test_no_function_is_trained_twice() -> None:
    """Equal graphs are duplicates, and so are rules with equal directions up to scale."""
    _, history = grow(lambda _: 0.0, 25)
    trained = [c for c in history if c.outcome == TRAINED]
    assert len({c.facts.digest for c in trained}) == len(trained)
    duplicates = [c for c in history if c.outcome == DUPLICATE]
    assert duplicates
    by_id = {c.id: c for c in history}
    for candidate in duplicates:
        assert candidate.contender is None
        assert by_id[candidate.twin].outcome == TRAINED
        vectors = [screen(c.program).fingerprint for c in (candidate, by_id[candidate.twin])]
        assert vectors[0] is not None
        assert vectors[1] is not None
        np.testing.assert_allclose(vectors[0].short, vectors[1].short, atol=1e-3)


def test_duplicates_have_their_twins_fitness_and_the_rejected_none() -> None:
    """Commit answers a duplicate from the cache."""
    config = make_config({"population": 20, "remeasure_after": 0}, "test")
    evolution = Evolution(config, known_rule("adamw"))
    fitness: dict[int, float] = {}
    for block in range(20):
        bred = evolution.breed(block, 8)
        results = {c.id: Result(float(c.id), True, ()) for c in bred if c.contender}
        fitness |= dict(zip([c.id for c in bred], evolution.commit(bred, results), strict=True))
        for candidate in bred:
            if candidate.outcome == REJECTED:
                assert fitness[candidate.id] == -np.inf
                assert candidate.facts.rejection
            else:
                assert fitness[candidate.id] == fitness[candidate.twin] == candidate.twin


def test_a_class_that_is_hit_often_is_trained_again_on_other_seeds() -> None:
    """Every so many hits, until the yardstick's seeds are used up; never where that is 0."""
    _, history = grow(lambda _: 0.0, 40, remeasure_after=3, seeds=1)
    hits: dict[int, list[Candidate]] = {}
    for candidate in history:
        if candidate.outcome in (DUPLICATE, REMEASURED):
            hits.setdefault(candidate.twin, []).append(candidate)
    again = 0
    for found in hits.values():
        for count, candidate in enumerate(found, start=1):
            due = count % 3 == 0 and count // 3 < SEEDS
            assert (candidate.outcome == REMEASURED) == due
            assert candidate.seeds == ((count // 3,) if due else ())
            again += due
    assert again > SEEDS
    _, never = grow(lambda _: 0.0, 40, remeasure_after=0, seeds=1)
    assert all(candidate.outcome != REMEASURED for candidate in never)


def test_a_lucky_score_does_not_last() -> None:
    """The fitness of a class is the mean of its trainings, for its members old and new."""
    draws = np.random.default_rng(0)
    own: dict[int, list[float]] = {}
    config = make_config({"population": 20, "remeasure_after": 2, "seeds": 1}, "test")
    evolution = Evolution(config, known_rule("adamw"))
    checked = 0
    for block in range(60):
        bred = evolution.breed(block, 8)
        results = {c.id: Result(draws.normal(), True, ()) for c in bred if c.contender}
        fitness = evolution.commit(bred, results)
        for candidate in bred:
            if candidate.contender:
                own.setdefault(candidate.twin, []).append(results[candidate.id].fitness)
        for candidate, value in zip(bred, fitness, strict=True):
            if candidate.outcome == DUPLICATE:
                assert value == pytest.approx(np.mean(own[candidate.twin]))
                checked += len(own[candidate.twin]) > 1
    assert checked > 10


def test_the_rejected_have_no_children_and_the_old_die() -> None:
    """With a population of 20, parents are among the last 20 valid candidates."""
    _, history = grow(lambda c: -float(c.id), 25)  # the oldest is always the fittest
    valid = [c.id for c in history if c.outcome != REJECTED]
    for candidate in history:
        if candidate.parent in (None, 0):
            continue
        assert candidate.parent in valid
        earlier = [i for i in valid if i < candidate.id and history[i].block < candidate.block]
        assert candidate.parent in earlier[-20:]
    assert max(c.parent or 0 for c in history) > 20


def test_a_plateau_restarts_from_the_start_rule() -> None:
    """After so many trainings without a better one, everybody descends from it anew."""
    _, history = grow(lambda c: 1.0 if c.id == 0 else 0.0, 12, restart_after=24, block=8)
    first_after = [c for c in history if c.block == 4]
    assert {c.parent for c in first_after} == {0}
    _, steady = grow(lambda c: 1.0 if c.id == 0 else 0.0, 12, restart_after=1000, block=8)
    assert {c.parent for c in steady if c.block == 4} != {0}


def test_only_candidates_to_be_trained_carry_a_plan() -> None:
    """What travels to the workers is what they need, and no more."""
    _, history = grow(shortness, 5)
    for candidate in history:
        trains = candidate.outcome in (TRAINED, REMEASURED)
        assert (candidate.contender is not None) == trains == bool(candidate.seeds)


@pytest.mark.parametrize("name", ["sgd", "lion", "cautious_adamw"])
def test_a_search_may_start_from_any_rule(name: str) -> None:
    """Candidate 0 is that rule, offered weights and a spare slot."""
    config = make_config({"population": 10}, "test")
    (start,) = Evolution(config, known_rule(name)).breed(0, 8)
    assert start.facts.digest == screen(known_rule(name)).facts.digest
    assert lower(start.program).size == lower(known_rule(name)).size
