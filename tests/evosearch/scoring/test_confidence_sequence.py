"""Intervals that are valid at every look, against Gönen's Bayes factor and Student's interval."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq

from evosearch.scoring.confidence_sequence import anytime_interval, critical_t
from evosearch.scoring.e_values import for_difference

VALUES = np.array([0.31, 0.22, 0.4, 0.18, 0.35, 0.27, -0.05, 0.5])


def log_bayes_factor(t: float, count: int) -> float:
    """Gönen, Johnson, Lu and Westfall (2005) for one sample and effects from N(0, 9)."""
    wider, freedom = 1 + 9 * count, count - 1
    ratio = (1 + t**2 / freedom) / (1 + t**2 / (wider * freedom))
    return count / 2 * math.log(ratio) - math.log(wider) / 2


def ever_missed(
    draw: Callable[[tuple[int, int]], NDArray[np.float64]], truth: float, level: float
) -> tuple[float, float]:
    """The share of 4,000 runs of up to 40 seeds in which an interval missed: ours and Student's."""
    values = draw((4000, 40))
    ours = np.zeros(len(values), dtype=bool)
    students = ours.copy()
    for count in range(2, 41):
        low, high = anytime_interval(values[:, :count], level)
        ours |= (truth < low) | (truth > high)
        t = stats.ttest_1samp(values[:, :count], truth, axis=1)
        students |= t.pvalue < level
    return float(ours.mean()), float(students.mean())


@pytest.mark.parametrize("level", [0.2, 0.05, 0.006])
@pytest.mark.parametrize("count", [4, 5, 8, 30, 1000])
def test_critical_t_has_the_evidence_of_the_level(count: int, level: float) -> None:
    """There, the Bayes factor is 1/α; found by root finding instead of the closed form."""
    root = brentq(lambda t: log_bayes_factor(t, count) + math.log(level), 0, 1000)
    assert critical_t(count, level) == pytest.approx(root, rel=1e-9)


def test_ends_are_the_first_means_that_the_evidence_excludes() -> None:
    """At either end the evidence is 1/α; inside it is less."""
    low, high = anytime_interval(VALUES, 0.05)
    for end in (low, high):
        assert for_difference(VALUES - end) == pytest.approx(20)
    assert for_difference(VALUES - (low + high) / 2) < 20


@pytest.mark.parametrize("level", [0.05, 0.006])
@pytest.mark.parametrize("count", range(4, 33, 4))
def test_it_is_wider_than_students_and_not_much(count: int, level: float) -> None:
    """It allows for every other look; from eight seeds on at less than twice the width."""
    values = np.random.default_rng(count).normal(size=count)
    low, high = anytime_interval(values, level)
    student = stats.ttest_1samp(values, 0).confidence_interval(1 - level)
    assert low < student.low
    assert student.high < high
    if count >= 8:
        assert high - low < 2 * (student.high - student.low)


@pytest.mark.parametrize("spread", [1e-3, 1.0, 1e3])
def test_it_covers_at_every_look(spread: float) -> None:
    """In at least 95% of runs it never misses, where Student's does in a fifth of them."""
    generator = np.random.default_rng(1)
    ours, students = ever_missed(lambda size: generator.normal(0.2, spread, size), 0.2, 0.05)
    assert ours <= 0.05
    assert students > 0.2


@pytest.mark.parametrize("effect", [2.0, 3.0, 4.5, 6.0])
def test_another_usual_effect_would_hardly_tell_more(
    effect: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the noncentral t, at 5%/8 and from five values on; some would tell far less."""
    counts = np.arange(5, 17)

    def power(usual: float) -> NDArray[np.float64]:
        monkeypatch.setattr("evosearch.scoring.confidence_sequence.EFFECT", usual)
        bounds = np.array([critical_t(int(count), 0.05 / 8) for count in counts])
        return np.where(
            np.isinf(bounds), 0.0, stats.nct.sf(bounds, counts - 1, effect * np.sqrt(counts))
        )

    ours = power(3.0)
    others = np.stack([power(usual) for usual in (1.0, 2.0, 4.0, 6.0, 10.0, 15.0)])
    assert (ours > others.max(axis=0) - 0.04).all()
    assert (ours > others.min(axis=0) + 0.05).any()


def test_skewed_noise_costs_coverage() -> None:
    """None that matters at a skewness of 0.95 (log-normal), much at 2 (exponential)."""
    generator = np.random.default_rng(2)
    mild, _ = ever_missed(lambda size: generator.lognormal(0, 0.3, size), math.exp(0.045), 0.05)
    strong, _ = ever_missed(generator.standard_exponential, 1.0, 0.05)
    assert mild <= 0.055
    assert 0.1 < strong < 0.15


def test_it_moves_with_the_values() -> None:
    """A shift and a scale of the values, tiny or huge, are one of the ends; order is none."""
    low, high = anytime_interval(VALUES, 0.05)
    moved = anytime_interval(3 + 1e-6 * VALUES[::-1], 0.05)
    assert moved.low == pytest.approx(3 + 1e-6 * float(low), abs=1e-12)
    assert moved.high == pytest.approx(3 + 1e-6 * float(high), abs=1e-12)


def test_few_seeds_exclude_nothing() -> None:
    """One or two seeds leave all open, three at a strict level too; equal values are exact."""
    assert anytime_interval([[0.1], [0.2]], 0.05).low.tolist() == [-math.inf] * 2
    assert anytime_interval([0.1, 0.1], 0.05).high == math.inf
    assert anytime_interval([0.1, 0.2, 0.3], 0.006).high == math.inf
    assert [float(end) for end in anytime_interval([0.25] * 4, 0.05)] == [0.25, 0.25]


def test_bad_input_is_told() -> None:
    """In one line."""
    with pytest.raises(ValueError, match="expected a level between 0 and 1, got 0; try"):
        anytime_interval(VALUES, 0)
    with pytest.raises(ValueError, match="expected finite values"):
        anytime_interval([0.1, math.nan], 0.05)
