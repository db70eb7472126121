"""A trial is one tuning, on draws and seeds of its own."""

import json
import math

import numpy as np
import pytest

from evosearch import known_rule, parse
from evosearch.export.notation.provenance import Reference
from evosearch.search.genotype import family_of
from evosearch.validation.contestants import Contestant
from evosearch.validation.trials import Entry, Trial, carry_out, from_record, to_record
from tests.support.tiny_task import TINY

BUDGET = 16


def entry(name: str, baseline: bool = False) -> Entry:
    reference = Reference(known_rule(name), name, "")
    return Contestant(reference, baseline).entry(TINY)


def trial(name: str, number: int = 0, seed: int = 0, baseline: bool = False) -> Trial:
    (one,) = carry_out(TINY, TINY.steps, [entry(name, baseline)], BUDGET, number, seed)
    return one


def test_it_is_a_function_of_rule_number_and_seed() -> None:
    """What is tuned beside it does not matter, and all else does."""
    together = carry_out(TINY, TINY.steps, [entry("lion"), entry("sgd")], BUDGET, 1, 2)
    assert together == [trial("lion", 1, 2), trial("sgd", 1, 2)]
    few, budget = trial("adamw", 1, 2), 4 * BUDGET
    assert trial("adamw", 1, 2) == few
    (one,) = carry_out(TINY, TINY.steps, [entry("adamw")], budget, 1, 2)
    for changed, number, seed in (
        (entry("adamw"), 2, 2),
        (entry("adamw"), 1, 3),
        (entry("adamw", baseline=True), 1, 2),
    ):
        (other,) = carry_out(TINY, TINY.steps, [changed], budget, number, seed)
        assert other.best != one.best


def test_all_rules_have_the_same_fresh_seeds() -> None:
    """So losses can be paired; no two trials share one, nor those of two seeds."""
    assert list(trial("lion").losses) == list(trial("adamw", baseline=True).losses)
    seeds = [s for n in range(3) for k in range(3) for s in trial("sgd", n, k).losses]
    assert len(seeds) == len(set(seeds)) == 18


def test_the_budget_holds() -> None:
    """In replica-steps, those on fresh seeds among them."""
    for budget in (16, 64):
        (one,) = carry_out(TINY, TINY.steps, [entry("adamw")], budget, 0, 0)
        assert budget * TINY.steps * 0.5 < one.spent <= budget * TINY.steps


def test_decay_is_tuned_with_the_rest() -> None:
    """It is the last constant, and starts from the task's."""
    one = entry("sgd")
    assert one.decay in one.family.names
    at = one.family.names.index(one.decay)
    contender = family_of(known_rule("sgd"), True).contender(())
    assert contender is not None
    assert one.family.defaults[at] == pytest.approx(
        TINY.weight_decay * contender.update_size, rel=1e-3
    )
    assert len({trial("sgd", number).best.constants[at] for number in range(6)}) > 1


def test_a_rule_that_cannot_train_has_infinite_losses() -> None:
    """They are told as diverged, and kept in JSON as null."""
    runaway = family_of(parse("def f(g, m): m = m * 1e9 + g; return m, m"), True)
    (one,) = carry_out(TINY, TINY.steps, [Entry("runaway", runaway)], BUDGET, 0, 0)
    assert all(math.isinf(loss) for loss in one.losses.values())
    assert one.diverged == one.trainings > 0
    text = json.dumps(to_record(one), allow_nan=False)
    assert from_record(json.loads(text)) == one


def test_a_record_gives_the_trial_again() -> None:
    """To the last bit."""
    one = trial("adamw")
    again = from_record(json.loads(json.dumps(to_record(one))))
    assert again == one
    assert np.isfinite(list(again.losses.values())).all()
