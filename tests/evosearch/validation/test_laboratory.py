"""Trials are carried out once, and speeds are read off AdamW's own losses."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from evosearch.errors import EvosearchError
from evosearch.search.work import Pending, WorkFailed
from evosearch.validation.laboratory import CURVE, steps_of
from tests.support.tiny_task import TINY
from tests.support.validations import Counting, laboratory, losses, memory, question


def test_each_trial_is_carried_out_once() -> None:
    """Asked again, or by another validation with the same journal, nothing is trained."""
    work, journal = Counting(), memory()
    made = laboratory(question("sgd", "lion"), work, journal)
    first = made.measure([0, 1, 2, 3], 0)
    assert first.shape == (4, 1, 2)
    # A piece for each task, and the points of AdamW's curve before.
    first_calls = 2 + 2 * (1 + len(CURVE))
    assert len(work.calls) == first_calls
    again = laboratory(question("sgd", "lion"), work, journal).measure([0, 1, 2, 3], 0)
    np.testing.assert_array_equal(first, again)
    assert len(work.calls) == first_calls
    made.measure([0, 3], 1)
    assert len(work.calls) == first_calls + 2


def test_what_is_missing_is_shared_out_anew() -> None:
    """Pieces of work are equally large, whoever was measured before."""
    rules = ("sgd", "lion", "nadam", "rmsprop", "adagrad", "signum", "signsgd", "nesterov", "adan")
    work, journal = Counting(), memory()
    everybody = [0, 1, *range(2, 2 + len(rules))]
    laboratory(question(*rules), work, journal).measure(everybody[:3], 0)
    before = len(work.calls)
    laboratory(question(*rules), work, journal).measure(everybody, 0)
    sizes = [len(entries) for _, _, entries, *_ in work.calls[before:]]
    assert sizes == [4, 4] * 2


def test_a_members_speed_does_not_depend_on_the_others() -> None:
    """Nor on the order of rules, nor on what is asked for first."""
    one = laboratory(question("sgd", "lion"))
    other = laboratory(question("lion", "astray", "sgd"))
    other.measure([0, 1, 4], 1)
    for number in (0, 1):
        np.testing.assert_array_equal(
            one.measure([0, 1, 2, 3], number), other.measure([0, 1, 4, 2], number)
        )


def test_speeds_are_those_of_adamws_curve() -> None:
    """A loss that AdamW has after twice the steps is a speed of two, and so on between."""
    made = laboratory(question("lion"))
    (values,) = made.measure([2], 0)[:, 0]
    points = {}
    for factor in (*CURVE, 1.0):
        steps = steps_of(TINY, factor)
        points[factor] = np.mean(list(made.trial(0, TINY, steps, 0).losses.values()))
    own = losses(made, [2], 0)
    curve = made.curve(TINY, 1.0)
    for factor in points:
        # Where more steps came to no lower loss, the map keeps to the lower.
        least = min(loss for f, loss in points.items() if f <= factor)
        assert curve.loss_at(factor) == pytest.approx(least, rel=1e-6)
    assert values[0] == pytest.approx(np.mean([np.log2(curve.speedup(loss)) for loss in own]))


def test_a_rule_that_hardly_learns_is_slow() -> None:
    """Its losses lie above those of AdamW, and its speed below."""
    made = laboratory(question("astray"))
    adamw, _, astray = made.measure([0, 1, 2], 0)[:, 0, 0]
    assert min(losses(made, [2], 0)) > max(losses(made, [0], 0))
    assert astray < adamw - 1


def test_longer_horizons_are_trained_longer() -> None:
    """Each with a curve of its own."""
    made = laboratory(question("lion", horizons=(1.0, 4.0)))
    values = made.measure([0, 2], 0)
    assert values.shape == (2, 2, 2)
    short, long = (made.trial(2, TINY, steps, 0) for steps in (16, 64))
    assert np.mean(list(long.losses.values())) < np.mean(list(short.losses.values()))
    assert long.spent > 2 * short.spent


def test_a_task_on_which_no_curve_can_be_read_is_told() -> None:
    """Nothing but infinite losses comes of a rate of 1e30."""
    hopeless = replace(TINY, name="wild", rate=1e30)
    with pytest.raises(EvosearchError, match=r"task wild: AdamW diverges.*other tasks"):
        laboratory(question("lion", tasks=(hopeless,))).measure([0, 1, 2], 0)


def test_a_task_that_resolves_nothing_is_told_before_rules_are_trained() -> None:
    """Its loss is the same however long one trains."""
    flat = replace(TINY, name="flat", loss=lambda outputs, _: 0 * outputs.sum() + 1)
    work = Counting()
    with pytest.raises(EvosearchError, match=r"task flat: AdamW's loss is no lower after 32 steps"):
        laboratory(question("lion", tasks=(flat,)), work).measure([0, 1, 2], 0)
    assert len(work.calls) == 1 + len(CURVE)


def test_a_rule_that_brings_workers_down_is_named() -> None:
    """What the others came to is kept, so that without it the validation goes on from there."""
    asked, journal = question("sgd", "lion"), memory()
    bad = asked.contestants[3]
    assert bad.name == "lion"

    class Fatal(Counting):
        def submit(self, function: Any, *arguments: Any, **loads: Any) -> Pending[Any]:
            if bad.key in [entry.key for entry in arguments[2]]:
                return Failing()
            return super().submit(function, *arguments, **loads)

    class Failing:
        def result(self) -> Any:
            raise WorkFailed("each of 3 workers died", "the work on tiny")

    with pytest.raises(EvosearchError, match=r"^lion: each of 3 workers died over the work on"):
        laboratory(asked, Fatal(), journal).measure([0, 1, 2, 3], 0)
    work = Counting()
    laboratory(question("sgd"), work, journal).measure([0, 1, 2], 0)
    (later,) = [[entry.key for entry in entries] for _, _, entries, *_ in work.calls]
    # On the other task alone, where AdamW was trained with its curve.
    assert later == [one.key for one in asked.contestants[1:3]]
