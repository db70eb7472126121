"""Evolution: who breeds, who lives, and that nothing but the configuration decides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule
from evosearch.scoring.evaluation import Result
from evosearch.screening.screen import screen
from evosearch.screening.short_probe import ELEMENTS, probe, run
from evosearch.search.candidate import DUPLICATE, REJECTED, TRAINED, Candidate
from evosearch.search.config import make_config
from evosearch.search.evolution import Evolution
from tests.support.evolving import grow, shortness


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
        history = grow(score, 20)
        valid = [c for c in history if c.outcome != REJECTED]
        return float(np.mean([sign_likeness(c) for c in valid[-80:]]))

    assert late_likeness(sign_likeness) > late_likeness(lambda _: 0.0) + 0.2


def test_the_same_configuration_breeds_the_same_candidates() -> None:
    """Texts, parents and mutations agree; another seed gives others."""

    def story(seed: int) -> list[tuple[str, int | None, tuple[str, ...]]]:
        history = grow(shortness, 6, seed=seed)
        return [(c.facts.digest, c.parent, c.mutations) for c in history]

    assert story(0) == story(0)
    assert story(0) != story(1)


def test_candidates_are_numbered_in_order_and_blocks_hold_what_was_asked() -> None:
    """Block 0 is the start rule; each later one has as many to train as it has places."""
    history = grow(shortness, 5, block=6)
    assert [c.id for c in history] == list(range(len(history)))
    trained = [sum(c.outcome == TRAINED for c in history if c.block == b) for b in range(5)]
    assert trained == [1, 6, 6, 6, 6]


def test_duplicates_have_their_representatives_fitness_and_the_rejected_none() -> None:
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
                assert candidate.facts.gate
            else:
                representative = candidate.representative
                assert fitness[candidate.id] == fitness[representative] == representative


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
                own.setdefault(candidate.representative, []).append(results[candidate.id].fitness)
        for candidate, value in zip(bred, fitness, strict=True):
            if candidate.outcome == DUPLICATE:
                assert value == pytest.approx(np.mean(own[candidate.representative]))
                checked += len(own[candidate.representative]) > 1
    assert checked > 10


def test_the_rejected_have_no_children_and_the_old_die() -> None:
    """With a population of 20, parents are among the last 20 valid candidates."""
    history = grow(lambda c: -float(c.id), 25)  # the oldest is always the fittest
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
    history = grow(lambda c: 1.0 if c.id == 0 else 0.0, 12, restart_after=24, block=8)
    first_after = [c for c in history if c.block == 4]
    assert {c.parent for c in first_after} == {0}
    steady = grow(lambda c: 1.0 if c.id == 0 else 0.0, 12, restart_after=1000, block=8)
    assert {c.parent for c in steady if c.block == 4} != {0}


@pytest.mark.parametrize("name", ["sgd", "lion", "cautious_adamw"])
def test_a_search_may_start_from_any_rule(name: str) -> None:
    """Candidate 0 is that rule, offered weights and a spare slot."""
    config = make_config({"population": 10}, "test")
    (start,) = Evolution(config, known_rule(name)).breed(0, 8)
    assert start.facts.digest == screen(known_rule(name)).facts.digest
    assert lower(start.program).size == lower(known_rule(name)).size


def test_new_candidates_are_held_to_what_those_before_them_had_at_the_rungs() -> None:
    """Once twenty were trained, the limits are a quantile of their losses, on each task."""
    config = make_config({"tasks": ["digit_images"], "rung_quantile": 0.5, "block": 5}, "test")
    evolution = Evolution(config, known_rule("adamw"))
    losses: list[float] = []
    for block in range(6):
        bred = evolution.breed(block, 5)
        results = {}
        for candidate in bred:
            if candidate.contender:
                losses.append(float(candidate.id))
                rungs = {"digit_images": (losses[-1],)}
                results[candidate.id] = Result(0.0, True, (), rungs)
        evolution.commit(bred, results)
        first, second = evolution.rung_limits()["digit_images"]
        enough = len(losses) >= 20
        assert first == (sorted(losses)[(len(losses) - 1) // 2] if enough else np.inf)
        assert second == np.inf
    assert enough
