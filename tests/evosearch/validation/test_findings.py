"""What is said of each rule is what its trials say."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from evosearch.validation.findings import Evidence, Series, standings
from evosearch.validation.laboratory import Trainings
from evosearch.validation.outcome import BETTER, WORSE, Moved, Standing
from evosearch.validation.price import Price
from tests.support.tiny_task import TINY
from tests.support.validations import laboratory, question

RULES = ("lion", "sgd", "grams")
TRIALS = 8
NOISE = np.linspace(-0.02, 0.02, TRIALS)[:, None]
"""Of the differences from AdamW, `[trials, 1]`; its mean is zero."""


@cache
def trained(rules: int, horizons: tuple[float, ...]) -> Trainings:
    """Tunes some rules as often as their made-up speeds say."""
    made = laboratory(question(*RULES[:rules], horizons=horizons, budget=2))
    for number in range(TRIALS):
        made.measure(list(range(len(made.question.contestants))), number)
    return made


def evidence(gains: Sequence[Sequence[float]], horizons: tuple[float, ...] = (1.0,)) -> Evidence:
    """Rules with these gains (logarithms to base 2) over AdamW at each horizon, on both tasks.

    All trials are really there, of which losses and settings are told; the speeds are made up.
    """
    made = trained(len(gains), horizons)
    members = list(range(len(made.question.contestants)))
    draw = np.random.default_rng(0)
    adamw = draw.standard_normal((TRIALS, len(horizons), 2))
    momentum = adamw - 1.0 + NOISE[:, :, None]
    series: list[Series] = [adamw, momentum]
    for gain in gains:
        series.append(adamw + np.array(gain)[None, :, None] - NOISE[:, :, None])
    prices = [Price(4.0 * n, 1.0 + n) for n in members]
    return Evidence(made, series, prices, [], 0.05)


@pytest.mark.slow
def test_rules_come_first_and_verdicts_follow_the_gains() -> None:
    """AdamW's own noise cancels; a rule of 2 ** 0.5 is better, one of 2 ** -0.5 worse."""
    fast, slow, adamw, momentum = standings(evidence([[0.5], [-0.5]]))
    assert [one.name for one in (fast, slow, adamw, momentum)] == [
        "lion",
        "sgd",
        "adamw",
        "momentum",
    ]
    assert [one.baseline for one in (fast, slow, adamw, momentum)] == [False, False, True, True]
    assert fast.gain.speedup == pytest.approx(2**0.5)
    assert fast.gain.low < 2**0.5 < fast.gain.high
    assert (fast.verdict, fast.over_best_verdict, fast.best) == (BETTER, BETTER, "adamw")
    assert (slow.verdict, slow.over_best_verdict, slow.best) == (WORSE, WORSE, "adamw")
    assert momentum.verdict == WORSE
    assert momentum.gain.speedup == pytest.approx(0.5)
    assert (adamw.gain.speedup, adamw.gain.low, adamw.gain.high) == (1, 1, 1)
    assert adamw.best == "momentum"
    assert (fast.state_bytes, fast.step_time, fast.seeds) == (8.0, 3.0, TRIALS)
    assert fast.slope is None
    assert not fast.shrinks


def test_ranks_and_losses_by_task() -> None:
    """The loss is the mean over all trainings on fresh seeds."""
    made = evidence([[0.5], [-0.5]])
    by_name = {one.name: one for one in standings(made)}
    assert [by_name[name].on_tasks[0].rank for name in ("lion", "adamw", "sgd", "momentum")] == [
        1,
        2,
        3,
        4,
    ]
    losses = [
        loss
        for number in range(TRIALS)
        for loss in made.laboratory.trial(2, TINY, TINY.steps, number).losses.values()
    ]
    on_task = by_name["lion"].on_tasks[0]
    assert (on_task.task, on_task.steps, on_task.diverged) == ("tiny", TINY.steps, 0)
    assert on_task.loss == pytest.approx(np.mean(losses))
    assert set(on_task.constants) == {"beta1", "beta2"}
    assert on_task.weight_decay > 0


@pytest.mark.slow
def test_a_gain_that_shrinks_with_the_horizon_is_said_to() -> None:
    """By the slope over doublings; the verdict is at the longest horizon."""
    shrinking, steady, rising = _rules([[0.6, 0.0], [0.3, 0.3], [-0.6, 0.6]])
    assert (shrinking.shrinks, steady.shrinks, rising.shrinks) == (True, False, False)
    # From 0.6 to 0 over three doublings.
    assert shrinking.slope is not None
    assert shrinking.slope.speedup == pytest.approx(2**-0.2)
    assert shrinking.verdict != BETTER
    assert rising.verdict == BETTER
    assert list(rising.by_horizon) == ["0.25", "2"]
    assert rising.by_horizon["0.25"].speedup == pytest.approx(2**-0.6)
    assert [one.horizon for one in rising.on_tasks] == [0.25, 0.25, 2, 2]


def test_ranges_stand_at_the_longest_horizon() -> None:
    """They were measured there alone."""
    made = evidence([[0.1, 0.1]] * 3, (0.25, 2.0))
    ranges = [[(Moved("rate", 2.0, 4.0, False, True),)] * 2] * 5
    (rule, *_) = standings(Evidence(made.laboratory, made.series, made.prices, ranges, made.level))
    assert [len(one.sensitivity) for one in rule.on_tasks] == [0, 0, 1, 1]


def _rules(gains: Sequence[Sequence[float]]) -> list[Standing]:
    return [one for one in standings(evidence(gains, (0.25, 2.0))) if not one.baseline]
