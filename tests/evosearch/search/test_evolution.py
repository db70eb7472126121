"""Evolution: who breeds, who lives, and that nothing but the configuration decides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule
from evosearch.screening.screen import screen
from evosearch.screening.short_probe import ELEMENTS, probe, run
from evosearch.search.candidate import DUPLICATE, REJECTED, RETUNED, Candidate
from evosearch.search.config_values import make_config
from evosearch.search.evolution import Evolution
from evosearch.search.memory import Memory
from tests.support.evolving import SPENT, TASK, advance, grow, made_result, shortness


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
    """Block 0 is the start rule; each later one has as many to tune as it has places."""
    history = grow(shortness, 5, block=6)
    assert [c.id for c in history] == list(range(len(history)))
    tuned = [sum(c.entrant is not None for c in history if c.block == b) for b in range(5)]
    assert tuned == [1, 6, 6, 6, 6]


def test_at_most_a_quarter_of_the_places_go_to_further_rounds() -> None:
    """The first of a block, so that good rules are not kept waiting; one where places are few."""
    for block, most in ((8, 2), (3, 1), (1, 1)):
        history = grow(shortness, 100 // block, block=block)
        again = [sum(c.outcome == RETUNED for c in history if c.block == b) for b in range(12)]
        assert max(again) <= most
        assert sum(c.outcome == RETUNED for c in history) > 5
        first = [c for c in history if c.outcome == RETUNED and c.block == again.index(max(again))]
        assert [c.id for c in first] == list(range(first[0].id, first[0].id + len(first)))


def test_a_class_in_training_is_not_promoted_meanwhile() -> None:
    """Its next round begins when the one before is committed."""
    config = make_config({"tasks": [TASK], "population": 20}, "test")
    evolution = Evolution(config, [known_rule("adamw")], Memory.in_ram())
    for block in range(8):
        advance(evolution, block, 20, shortness)
    waiting = [c.representative for c in evolution.breed(8, 8) if c.outcome == RETUNED]
    later = [c.representative for c in evolution.breed(9, 8) if c.outcome == RETUNED]
    assert waiting
    assert later
    assert not set(waiting) & set(later)


def test_duplicates_have_their_classes_fitness_and_the_rejected_none() -> None:
    """Commit answers a duplicate from the catalogue: by the latest round of its class."""
    config = make_config({"tasks": [TASK], "population": 20}, "test")
    evolution = Evolution(config, [known_rule("adamw")], Memory.in_ram())
    latest: dict[int, float] = {}
    checked = 0
    for block in range(30):
        bred, results, fitness = advance(evolution, block, 8, lambda c: float(c.id))
        for candidate in bred:
            if candidate.entrant:
                latest[candidate.representative] = results[candidate.id].fitness
        for candidate, value in zip(bred, fitness, strict=True):
            if candidate.outcome == REJECTED:
                assert value == -np.inf
                assert candidate.facts.gate
            else:
                assert value == latest[candidate.representative]
                later = latest[candidate.representative] != candidate.representative
                checked += candidate.outcome == DUPLICATE and later
    assert checked > 0


def test_a_lucky_score_does_not_last() -> None:
    """The fitness of a promoted class, for its members old and new, is that of its last round."""
    config = make_config({"tasks": [TASK], "population": 500, "tournament": 60}, "test")
    evolution = Evolution(config, [known_rule("adamw")], Memory.in_ram())
    lucky: set[int] = set()
    for block in range(12):
        bred, _, _ = advance(
            evolution, block, 8, lambda c: -1.0 if c.outcome == RETUNED else c.id % 5
        )
        children = {c.parent for c in bred if c.outcome != RETUNED}
        # Out of sixty entrants of whom most are fitter, none of them is ever chosen.
        assert not children & lucky
        lucky |= {c.representative for c in bred if c.outcome == RETUNED}
    assert len(lucky) > 5


def test_what_is_in_training_is_expected_to_cost_what_children_did() -> None:
    """Spending is that of what was committed, and the mean of children for each one in training.

    The start rule's own, here seven times a child's, is not taken for theirs.
    """
    config = make_config({"tasks": [TASK], "population": 20}, "test")
    evolution = Evolution(config, [known_rule("adamw")], Memory.in_ram())
    assert evolution.expected_spending == 0
    (start,) = evolution.breed(0, 8)
    assert evolution.expected_spending == 0  # nothing is known yet
    evolution.commit([start], {start.id: made_result(start, 1.0, spent=7 * SPENT)})
    assert evolution.expected_spending == 7 * SPENT
    advance(evolution, 1, 3, shortness)
    assert evolution.expected_spending == 10 * SPENT
    evolution.breed(2, 3)
    evolution.breed(3, 2)
    assert evolution.expected_spending == 15 * SPENT


def test_the_rejected_have_no_children_and_the_old_die() -> None:
    """With a population of 20, parents are among the last 20 valid candidates."""
    history = grow(lambda c: -float(c.id), 25)  # the oldest is always the fittest
    valid = [c.id for c in history if c.outcome != REJECTED]
    for candidate in history:
        if candidate.parent in (None, 0) or candidate.outcome == RETUNED:
            continue
        assert candidate.parent in valid
        earlier = [i for i in valid if i < candidate.id and history[i].block < candidate.block]
        assert candidate.parent in earlier[-20:]
    assert max(c.parent or 0 for c in history) > 20


def test_a_plateau_restarts_from_the_start_rule() -> None:
    """After so many trainings without a better one, everybody descends from it anew."""
    history = grow(lambda c: 1.0 if c.id == 0 else 0.0, 12, restart_after=24, block=8)
    first_after = [c for c in history if c.block == 4 and c.outcome != RETUNED]
    assert {c.parent for c in first_after} == {0}
    steady = grow(lambda c: 1.0 if c.id == 0 else 0.0, 12, restart_after=1000, block=8)
    assert {c.parent for c in steady if c.block == 4} != {0}


@pytest.mark.parametrize("name", ["sgd", "lion", "cautious_adamw"])
def test_a_search_may_start_from_any_rule(name: str) -> None:
    """Candidate 0 is that rule, offered weights and a spare slot."""
    config = make_config({"population": 10}, "test")
    (start,) = Evolution(config, [known_rule(name)], Memory.in_ram()).breed(0, 8)
    assert start.facts.digest == screen(known_rule(name)).facts.digest
    assert lower(start.program).size == lower(known_rule(name)).size


def test_new_candidates_are_held_to_what_those_before_them_had_at_the_rungs() -> None:
    """Once twenty were trained, the limits are a quantile of their losses, on each task."""
    config = make_config({"tasks": [TASK], "rung_quantile": 0.5, "block": 5}, "test")
    evolution = Evolution(config, [known_rule("adamw")], Memory.in_ram())
    losses: list[float] = []
    again = held = 0
    for block in range(8):
        bred = evolution.breed(block, 5)
        enough = len(losses) >= 20
        limit = sorted(losses)[(len(losses) - 1) // 2] if enough else np.inf
        results = {}
        for candidate in bred:
            if candidate.outcome == RETUNED:
                assert candidate.entrant is not None
                assert candidate.entrant.limits == {}
                # A rule that starts from its best settings is no measure for new ones.
                results[candidate.id] = made_result(candidate, 0.0, rungs=(-9.0,))
                again += 1
            elif candidate.entrant:
                assert candidate.entrant.limits == {TASK: (limit, np.inf)}
                held += enough
                losses.append(float(candidate.id))
                results[candidate.id] = made_result(candidate, 0.0, rungs=(losses[-1],))
        evolution.commit(bred, results)
    assert held
    assert again
