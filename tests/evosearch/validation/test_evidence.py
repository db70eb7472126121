"""Verdicts, against Gönen's Bayes factor, Student's intervals and known truths."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq

from evosearch.validation.evidence import (
    ADAMW,
    PRECISE,
    compare,
    gain_of,
    judge,
    judge_one,
    slopes,
    verdict_of,
)
from evosearch.validation.outcome import BETTER, OPEN, WORSE, Gain
from evosearch.validation.sequential import last_horizon, measure_until_clear
from tests.support.known_trials import Drawn, drawn

LEVEL = 0.05
WAVE = np.array([0.01, -0.02, 0.03, -0.01, -0.03, 0.02])
"""Six trials' noise, of mean 0."""


def steady(value: float, trials: int = 6, tasks: int = 2) -> NDArray[np.float64]:
    """A rule that is as fast in every trial and on every task."""
    return np.full((trials, tasks), value)


def wavy(value: float, size: float = 1.0) -> NDArray[np.float64]:
    """A rule whose mean over two tasks moves with the wave, while each task moves more."""
    return value + size * np.stack([WAVE + 0.01, WAVE - 0.01], axis=1)


def ends(values: Sequence[float] | NDArray[np.float64], level: float) -> tuple[float, float]:
    """The interval as a speed-up, by root finding in Gönen's Bayes factor (2005) of effects
    from N(0, 9).
    """
    count = len(values)
    wider, freedom = 1 + 9 * count, count - 1

    def surplus(t: float) -> float:
        ratio = (1 + t**2 / freedom) / (1 + t**2 / (wider * freedom))
        return count / 2 * math.log(ratio) - math.log(wider) / 2 + math.log(level)

    reach = brentq(surplus, 0, 1e4) * np.std(values, ddof=1) / math.sqrt(count)
    return float(2 ** (np.mean(values) - reach)), float(2 ** (np.mean(values) + reach))


def test_a_gain_is_the_mean_over_tasks_within_each_trial() -> None:
    """Whatever a trial does to both alike cancels, and tasks may be as different as they like."""
    common = np.array([[5.0, -3.0], [1.0, 2.0], [-4.0, 0.0], [2.0, 2.0], [7.0, 1.0], [0.0, 9.0]])
    own, adamw = common + wavy(0.2) + [1.0, -1.0], common
    gain = compare(own, adamw, LEVEL).gain
    assert gain.speedup == pytest.approx(2**0.2)
    assert (gain.low, gain.high) == pytest.approx(ends(0.2 + WAVE, LEVEL))


def test_each_rule_has_its_share_of_the_level() -> None:
    """An eighth of it among eight."""
    (alone,) = judge([wavy(0.2)], [steady(0.0)], LEVEL)
    among = judge([wavy(0.2)] + [wavy(0.1 * n) for n in range(7)], [steady(0.0)], LEVEL)[0]
    for judged, level in ((alone, LEVEL), (among, LEVEL / 8)):
        gain = judged.over_adamw.gain
        assert (gain.low, gain.high) == pytest.approx(ends(0.2 + WAVE, level))


def test_the_gain_over_the_best_is_the_least() -> None:
    """Of each end, too: the lower at the rule's whole level, the upper at a third with three."""
    baselines = [steady(0.0), wavy(0.15, 3.0), wavy(0.1, -1.0)]
    differences = [0.3 + WAVE, 0.15 - 2 * WAVE, 0.2 + 2 * WAVE]
    judged = judge_one(wavy(0.3), baselines[ADAMW], baselines, LEVEL)
    assert judged.best == 1
    gain = judged.over_best.gain
    assert gain.speedup == pytest.approx(2**0.15)
    assert gain.low == pytest.approx(min(ends(one, LEVEL)[0] for one in differences))
    assert gain.high == pytest.approx(min(ends(one, LEVEL / 3)[1] for one in differences))


def test_better_than_each_is_better_than_the_best() -> None:
    """With no correction for the number of baselines, while worse than any needs one."""
    # On six trials the Bayes factor of this gain lies between those of 5% and of 5%/6.
    size = 0.9 * 0.1 / (0.1 - math.log2(ends(0.1 + WAVE, LEVEL)[0]))
    own, same = wavy(0.1, size), [steady(0.0)] * 6
    assert ends(0.1 + size * WAVE, LEVEL)[0] > 1 > ends(0.1 + size * WAVE, LEVEL / 6)[0]
    assert judge_one(own, same[ADAMW], same, LEVEL).over_best.verdict == BETTER
    assert judge_one(-own, same[ADAMW], same, LEVEL).over_adamw.verdict == WORSE
    assert judge_one(-own, same[ADAMW], same, LEVEL).over_best.verdict == OPEN


def test_worse_than_one_is_worse_than_the_best() -> None:
    """Though better than AdamW; and open against one is open against the best."""
    judged = judge_one(wavy(0.3), steady(0.0), [steady(0.0), steady(0.6)], LEVEL)
    assert (judged.over_adamw.verdict, judged.over_best.verdict) == (BETTER, WORSE)
    near = judge_one(wavy(0.3), steady(0.0), [steady(0.0), steady(0.3)], LEVEL)
    assert (near.over_adamw.verdict, near.over_best.verdict, near.best) == (BETTER, OPEN, 1)


def test_of_baselines_that_are_alike_the_first_counts() -> None:
    """And with AdamW alone, the gain over the best is that over AdamW."""
    same = [steady(0.0), steady(0.1), steady(0.1)]
    assert judge_one(wavy(0.2), same[ADAMW], same, LEVEL).best == 1
    alone = judge_one(wavy(0.2), steady(0.0), [steady(0.0)], LEVEL)
    assert alone.over_best == alone.over_adamw


def test_few_trials_exclude_nothing() -> None:
    """One or two; the gain itself is told."""
    for trials in (1, 2):
        (judged,) = judge([wavy(1.0)[:trials]], [steady(0.0, trials)], LEVEL)
        gain = judged.over_adamw.gain
        assert gain.speedup == pytest.approx(2 ** (1 + WAVE[:trials].mean()))
        assert (gain.low, gain.high) == (0.0, math.inf)
        assert judged.over_adamw.verdict == judged.over_best.verdict == OPEN
        assert not judged.clear


def test_trials_without_spread_are_exact() -> None:
    """A gain, none, and a rule that always diverges and so is at the lowest speed there is."""
    judged = judge([steady(0.25), steady(0.0), steady(-4.0)], [steady(0.0)], LEVEL)
    assert [one.over_adamw.verdict for one in judged] == [BETTER, OPEN, WORSE]
    assert judged[0].over_adamw.gain == Gain(2**0.25, 2**0.25, 2**0.25)
    assert judged[2].over_best.gain == Gain(1 / 16, 1 / 16, 1 / 16)
    assert all(one.clear for one in judged)
    # 1 + 9 n to the power (n - 1) / 2, twice and all of it above zero but 1 in 10,000.
    assert judged[0].evidence == pytest.approx(2 * 55**2.5, rel=1e-3)


def test_equal_within_five_percent_is_clear() -> None:
    """Where the whole interval is; its verdict stays open."""
    for size, clear in ((0.5, True), (3.0, False)):
        (judged,) = judge([wavy(0.01, size)], [steady(0.0)], LEVEL)
        low, high = ends(0.01 + size * WAVE, LEVEL)
        assert (low > 1 / PRECISE and high < PRECISE) == clear
        assert judged.over_adamw.verdict == OPEN
        assert judged.clear == clear


def test_a_gain_of_which_no_task_gives_evidence_is_not_called_better() -> None:
    """Two tasks that move against each other: their mean is steady, and each alone says nothing."""
    swing = np.stack([40 * WAVE, -40 * WAVE], axis=1)
    own = 0.2 + swing + wavy(0.0)
    alone = judge_one(own, steady(0.0), [steady(0.0)], LEVEL)
    assert alone.over_adamw.verdict == alone.over_best.verdict == BETTER
    assert not alone.proven
    assert not alone.clear
    (judged,) = judge([own], [steady(0.0)], LEVEL)
    assert judged.over_adamw.verdict == judged.over_best.verdict == OPEN
    assert judged.over_adamw.gain == alone.over_adamw.gain
    # What is worse than another baseline stays so.
    (worse,) = judge([own], [steady(0.0), steady(1.0)], LEVEL)
    assert (worse.over_adamw.verdict, worse.over_best.verdict) == (OPEN, WORSE)


def test_a_discovery_helps_another() -> None:
    """By e-BH, of two rules the second needs half of the evidence that it would need alone."""
    sure = wavy(1.0)
    # The mean's noise is small, so its interval is clear; each task's is not.
    swing = 7 * np.stack([WAVE, -WAVE], axis=1)
    helped = 0.3 + swing + wavy(0.0)
    evidence = judge_one(helped, steady(0.0), [steady(0.0)], LEVEL / 2).evidence
    assert 2 / (2 * LEVEL) < evidence < 2 / LEVEL
    both = judge([sure, helped], [steady(0.0)], LEVEL)
    assert [one.over_adamw.verdict for one in both] == [BETTER, BETTER]
    apart = judge([steady(0.0), helped], [steady(0.0)], LEVEL)
    assert [one.over_adamw.verdict for one in apart] == [OPEN, OPEN]


def test_a_rule_is_compared_in_the_trials_that_it_has() -> None:
    """Later ones of the baselines have no say; no rules, no verdicts."""
    longer = np.concatenate([steady(0.0), steady(9.0)])
    assert judge([wavy(0.2)], [longer], LEVEL) == judge([wavy(0.2)], [steady(0.0)], LEVEL)
    assert judge([], [steady(0.0)], LEVEL) == []


def test_an_interval_allows_a_verdict() -> None:
    """Only if all of it is on one side of 1."""
    for low, high, verdict in ((1.01, 2.0, BETTER), (0.5, 0.99, WORSE), (1.0, 2.0, OPEN)):
        assert verdict_of(Gain(1.0, low, high)) == verdict


def test_a_slope_is_by_doublings_of_the_horizon() -> None:
    """Fitted by least squares in each trial, as numpy's line is."""
    generator = np.random.default_rng(3)
    logs = generator.normal(size=(3, 5, 2))
    horizons = (0.5, 1.0, 4.0)
    lines = np.polyfit(np.log2(horizons), logs.mean(axis=-1), 1)
    assert slopes(list(logs), horizons) == pytest.approx(lines[0])
    assert slopes([steady(0.3), steady(0.1)], (1.0, 2.0)) == pytest.approx(np.full(6, -0.2))
    assert gain_of(slopes([steady(0.3), steady(0.1)], (1.0, 2.0)), LEVEL).high < 1


def test_rules_that_are_adamw_are_hardly_ever_called_better() -> None:
    """By any of four, over AdamW or over the best of three, with a look after each of 3 to 8
    trials: in at most 2.5%, where Student's intervals of 95% do so in far more.
    """
    generator, tries, wrong, students = np.random.default_rng(11), 150, 0, 0
    for _ in range(tries):
        logs = drawn(generator, [0.0] * 7, 8)
        series = [last_horizon(own) for own in measure_until_clear(Drawn(logs), 3, 4, 8, LEVEL)]
        judged = judge(series[3:], series[:3], LEVEL)
        wrong += any(BETTER in (one.over_adamw.verdict, one.over_best.verdict) for one in judged)
        differences = (logs[:, 3:] - logs[:, :1]).mean(axis=(2, 3))
        students += any(
            (stats.ttest_1samp(differences[:count], 0, axis=0).pvalue < LEVEL)[
                differences[:count].mean(axis=0) > 0
            ].any()
            for count in range(3, 9)
        )
    assert wrong <= stats.binom.ppf(0.999, tries, LEVEL / 2)
    assert students > 0.15 * tries


def test_a_rule_that_is_a_fifth_faster_is_told_from_adamw_and_the_best() -> None:
    """With eight rules and six baselines in at most twelve trials, and intervals cover."""
    generator, tries, told, covered = np.random.default_rng(12), 40, 0, 0
    truth = float(np.log2(1.2))
    for _ in range(tries):
        logs = drawn(generator, [*[0.0] * 6, truth, *[0.0] * 7], 12)
        series = [last_horizon(own) for own in measure_until_clear(Drawn(logs), 6, 8, 12, LEVEL)]
        first = judge(series[6:], series[:6], LEVEL)[0]
        told += first.over_adamw.verdict == first.over_best.verdict == BETTER
        covered += all(
            one.gain.low <= 1.2 <= one.gain.high for one in (first.over_adamw, first.over_best)
        )
    assert told >= stats.binom.ppf(0.001, tries, 0.95)
    assert covered >= stats.binom.ppf(0.001, tries, 1 - 2 * LEVEL / 8)
