"""Intervals of differences, compared with scipy and with known truth."""

import numpy as np
import pytest
from scipy import stats

from evosearch.ablation.difference import Noise, by_trial, difference, usual_noise
from evosearch.ablation.trials import Trial


def test_trials_are_compared_on_the_tasks_that_both_know() -> None:
    """One that was given up on the first task says nothing of the second."""
    ours = [Trial({"a": 1.0, "b": 3.0}, {}), Trial({"a": 1.0}, {}, given_up=True)]
    theirs = [Trial({"a": 0.5, "b": 1.0}, {}), Trial({"a": 2.0, "b": 9.0}, {})]
    assert by_trial(ours, theirs) == [1.25, -1.0]
    assert by_trial(ours[:1], theirs) == [1.25]


def test_without_noise_of_others_it_is_students_t() -> None:
    """Of the logarithms."""
    own = [0.1, -0.2, 0.15, 0.3]
    low, high = stats.t.interval(0.95, 3, np.mean(own), stats.sem(own))
    measured = difference(own, Noise(0.0, 0.0))
    assert measured.speed == pytest.approx(2 ** np.mean(own))
    assert (measured.low, measured.high) == pytest.approx((2**low, 2**high))


def test_noise_of_others_stands_in_for_a_single_trial() -> None:
    """Alone; beside several trials it has half a say, with Satterthwaite's degrees of freedom."""
    reach = stats.t.ppf(0.975, 10) * 0.2
    single = difference([0.5], Noise(0.04, 10.0))
    assert np.log2([single.low, single.high]) == pytest.approx([0.5 - reach, 0.5 + reach])
    own = [0.0, 0.2]
    variances = np.array([np.var(own, ddof=1), 0.04]) / 2
    freedom = variances.sum() ** 2 / (variances**2 / [1, 10]).sum()
    reach = stats.t.ppf(0.975, freedom) * np.sqrt(variances.sum() / 2)
    both = difference(own, Noise(0.04, 10.0))
    assert np.log2([both.low, both.high]) == pytest.approx([0.1 - reach, 0.1 + reach])


def test_a_single_trial_without_noise_says_nothing() -> None:
    """Its interval is endless, so it is not worse."""
    alone = difference([-3.0], usual_noise([[-3.0]]))
    assert (alone.low, alone.high, alone.worse) == (0.0, np.inf, False)


def test_usual_noise_is_the_median_over_changes() -> None:
    """Single trials have none."""
    noise = usual_noise([[0.0, 2.0], [0.0, 4.0], [5.0], [0.0, 0.0, 0.0]])
    assert noise.variance == pytest.approx(2.0 / stats.chi2.median(1))
    assert noise.freedom == pytest.approx(4 * 2 / np.pi)
    draw = np.random.default_rng(1)
    many = usual_noise((0.3 * draw.standard_normal((4000, 3))).tolist())
    assert many.variance == pytest.approx(0.09, rel=0.05)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """95% over many changes of equal noise, three trials each; with the noise pooled a little
    more."""
    draw = np.random.default_rng(0)
    inside, wrong = 0, 0
    for _ in range(200):
        series = draw.standard_normal((12, 3)) * 0.1
        noise = usual_noise(series.tolist())
        for own in series:
            measured = difference(own.tolist(), noise)
            inside += measured.low <= 1 <= measured.high
            wrong += measured.worse
    assert 0.93 < inside / 2400 < 0.99
    assert wrong / 2400 < 0.035
