"""A decay that is written into a rule does what the trainer's does."""

import numpy as np
import pytest

from evosearch import known_rule, lower, parse, rule_names
from evosearch.screening.contender import contender
from evosearch.validation.decay import with_decay, without_decay
from proxies import Replica, train
from tests.support.tiny_task import TINY


@pytest.mark.parametrize("name", ["sgd", "adamw", "lion", "mars_adamw", "lars"])
def test_it_trains_as_with_the_trainers_own_decay(name: str) -> None:
    """To rounding: decay and update are subtracted together instead of one after the other."""
    rule, decay, rate = known_rule(name), 0.3, 0.02
    plain = contender(lower(rule))
    written = contender(lower(with_decay(rule, decay)[0]))
    seeds = range(3)
    theirs = train(
        TINY,
        [
            Replica(plain.plan, rate, s, weight_decay=decay, constants=plain.constants)
            for s in seeds
        ],
        40,
    )
    ours = train(
        without_decay(TINY),
        [Replica(written.plan, rate, s, constants=written.constants) for s in seeds],
        40,
    )
    undecayed = train(
        TINY, [Replica(plain.plan, rate, s, constants=plain.constants) for s in seeds], 40
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    assert np.all(np.abs(ours - undecayed) > 1e-3 * undecayed)


def test_its_name_is_not_one_that_is_taken() -> None:
    """Whatever names a program has, the others mean what they did."""
    text = (
        "def f(g, decay_term, *, weight_decay=0.5):\n"
        "    decayed = g * weight_decay\n"
        "    decay_term = lerp(g, decay_term, 0.9)\n"
        "    return decayed + decay_term, decay_term"
    )
    changed, name = with_decay(parse(text), 0.01)
    assert name not in {"weight_decay", "decayed", "decay_term"}
    assert dict(changed.hyperparameters) == {"weight_decay": 0.5, name: 0.01}
    assert changed.slots == ("decay_term",)


@pytest.mark.parametrize("name", rule_names())
def test_every_known_rule_takes_one(name: str) -> None:
    """Its own slots and constants stay."""
    rule = known_rule(name)
    changed, decay = with_decay(rule, 0.01)
    assert changed.slots == rule.slots
    assert changed.hyperparameters == (*rule.hyperparameters, (decay, 0.01))


def test_without_decay_is_the_task_with_none() -> None:
    """All else is as it was, so that data and initial weights are too."""
    bare = without_decay(TINY)
    assert (bare.weight_decay, bare.name, bare.steps) == (0.0, TINY.name, TINY.steps)
