"""A trial is one tuning, on seeds of its own."""

import numpy as np
import pytest

from evosearch import known_rule, parse
from evosearch.ablation.trials import Entry, carry_out
from evosearch.ablation.variant import Variant
from evosearch.scoring.yardstick import MeasuredTask
from tests.support.known_worths import TASKS
from tests.support.made_yardstick import made_yardstick
from tests.support.tiny_task import TINY

BUDGET = 24


def entry(name: str, **expected: float) -> Entry:
    return Entry(Variant.of(known_rule(name)).family, {}, expected)


def test_every_variant_is_tuned_on_every_task() -> None:
    """Its logarithms are those of the yardstick at the losses that it came to."""
    momentum, sgd = carry_out([entry("momentum"), entry("sgd")], TASKS, BUDGET, 0, 0)
    for trial in (momentum, sgd):
        assert list(trial.logs) == [task.name for task, _ in TASKS]
        assert all(-4 <= log <= 2 for log in trial.logs.values())
        assert not trial.given_up
    assert momentum.logs != sgd.logs


def test_what_is_tuned_beside_it_does_not_matter() -> None:
    """A trial is a function of variant, number and seed."""
    alone = carry_out([entry("momentum")], TASKS, BUDGET, 1, 0)[0]
    beside = carry_out([entry("lion"), entry("momentum")], TASKS, BUDGET, 1, 0)[1]
    assert alone == beside
    assert carry_out([entry("momentum")], TASKS, BUDGET, 2, 0)[0] != alone
    best = [carry_out([entry("adamw")], TASKS[:1], 2 * BUDGET, 0, seed)[0].best for seed in (0, 1)]
    assert best[0] != best[1]


def test_a_hopeless_variant_is_not_tuned_further() -> None:
    """Nor on the next task; what it came to is far below what was expected."""
    # Every loss of the tiny task is under this yardstick's, or all are above it.
    strict = MeasuredTask(TINY, made_yardstick(TINY, (1e-3, 8e-4, 6e-4, 4e-4, 2e-4)))
    (given_up,) = carry_out([entry("sgd", tiny=0.0)], (strict, TASKS[1]), BUDGET, 0, 0)
    assert given_up.given_up
    assert list(given_up.logs) == ["tiny"]
    assert given_up.logs["tiny"] < np.log2(0.6)


def test_a_program_that_cannot_train_is_as_slow_as_can_be() -> None:
    """Its losses are infinite."""
    runaway = Variant.of(parse("def f(g, m): m = exp(g + 90 + m); return m * g, m"))
    (trial,) = carry_out([Entry(runaway.family, {}, {})], TASKS[:1], BUDGET, 0, 0)
    assert trial.given_up
    assert trial.logs["tiny"] == pytest.approx(np.log2(1 / 16))
