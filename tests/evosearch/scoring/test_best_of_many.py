"""The corrected estimate of the best score, against scipy's truncated normal and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm, truncnorm

from evosearch.scoring.best_of_many import Corrected, correct_best

SCORES = [0.1, 0.42, 0.35, -0.2, 0.3]
NOISE = 0.06
TRUTHS = {
    "all equal": np.zeros(200),
    "spread like the noise": np.linspace(-2, 2, 50),
    "one ahead": np.array([0.0] * 99 + [3.0]),
    "two": np.array([0.0, 0.5]),
}


def chance_above(score: float, truth: float, cut: float, highest: float) -> float:
    """Of a score above this one, when scores lie between `cut` and `highest`."""
    low, high = (cut - truth) / NOISE, (highest - truth) / NOISE
    return float(truncnorm.sf(score, low, high, loc=truth, scale=NOISE))


def simulated(truths: NDArray[np.float64]) -> list[tuple[Corrected, float, float]]:
    """Estimates of 1,500 best scores, with the truth of each and its score."""
    generator = np.random.default_rng(1)
    rows = []
    for scores in truths + generator.normal(size=(1500, len(truths))):
        corrected = correct_best(scores, 1.0, 0.05)
        rows.append((corrected, float(truths[corrected.best]), float(scores.max())))
    return rows


def test_conditional_quantiles_are_the_truncated_normals() -> None:
    """Without the bound below, the score is a normal variable cut off below the second."""
    corrected = correct_best(SCORES, NOISE, 0.1, share=1e-9)
    assert corrected.best == 1
    for truth, chance in ((corrected.low, 0.05), (corrected.estimate, 0.5), (corrected.high, 0.95)):
        assert chance_above(0.42, truth, 0.35, math.inf) == pytest.approx(chance, abs=1e-4)


def test_hybrid_quantiles_are_cut_off_above_too() -> None:
    """By the height that none of five noises passes but in β of cases."""
    corrected = correct_best(SCORES, NOISE, 0.1, share=0.2)
    reach = float(norm.ppf(0.98 ** (1 / 5))) * NOISE
    tail = (0.1 - 0.02) / 0.98 / 2
    quantiles = {corrected.low: tail, corrected.estimate: 0.5, corrected.high: 1 - tail}
    for truth, chance in quantiles.items():
        assert chance_above(0.42, truth, 0.35, truth + reach) == pytest.approx(chance, abs=1e-9)


@pytest.mark.parametrize("truths", TRUTHS.values(), ids=TRUTHS)
def test_estimate_is_too_high_as_often_as_too_low(truths: NDArray[np.float64]) -> None:
    """And the interval covers in 95%; by chance, within three standard errors."""
    rows = simulated(truths)
    above = np.mean([corrected.estimate > truth for corrected, truth, _ in rows])
    covered = np.mean([corrected.low <= truth <= corrected.high for corrected, truth, _ in rows])
    assert above == pytest.approx(0.5, abs=3 * 0.5 / math.sqrt(len(rows)) + 0.0025)
    assert covered >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / len(rows))


def test_the_score_itself_is_too_high() -> None:
    """Of 200 equal candidates the best score always is, so the simulation has what to correct."""
    rows = simulated(TRUTHS["all equal"])
    assert np.mean([score > truth for _, truth, score in rows]) > 0.99


def test_a_clear_winner_is_believed() -> None:
    """Far ahead of the second, estimate and ends are those of one score that was not picked."""
    corrected = correct_best([5.0, 0.1, 0.2], NOISE, 0.05, share=1e-6)
    assert corrected.estimate == pytest.approx(5, abs=1e-5)
    assert corrected.low == pytest.approx(5 - 1.959964 * NOISE, abs=1e-4)
    assert corrected.high == pytest.approx(5 + 1.959964 * NOISE, abs=1e-4)


def test_a_tie_is_bounded_below() -> None:
    """With no lead nothing is known but that the noise was not larger than it can be."""
    lowest = 0.4 - NOISE * float(norm.ppf(0.995 ** (1 / 2)))
    tied = correct_best([0.4, 0.4], NOISE, 0.05)
    assert (tied.low, tied.estimate) == pytest.approx((lowest, lowest))
    near = correct_best([0.4, 0.4 - 1e-8], NOISE, 0.05)
    assert lowest <= near.low <= near.estimate <= near.high
    assert near.estimate == pytest.approx(lowest, abs=1e-6)


def test_order_shift_and_scale() -> None:
    """Which place the best has matters not, and the unit is the reader's."""
    corrected = correct_best(SCORES, NOISE, 0.05)
    moved = correct_best([7 + 100 * s for s in reversed(SCORES)], 100 * NOISE, 0.05)
    assert moved.best == 3
    for name in ("low", "estimate", "high"):
        expected = 7 + 100 * getattr(corrected, name)
        assert getattr(moved, name) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("count", [2, 1000, 100_000])
def test_any_number_of_candidates(count: int) -> None:
    """Ends and estimate are finite and in order, and none above what one score would give."""
    scores = np.random.default_rng(4).normal(size=count)
    corrected = correct_best(scores.tolist(), 1.0, 0.05)
    assert corrected.low <= corrected.estimate <= corrected.high
    assert math.isfinite(corrected.low)
    assert corrected.estimate < scores.max() + 0.01


def test_bad_input_is_told() -> None:
    """In one line that says what was expected."""
    with pytest.raises(ValueError, match=r"expected a positive noise, got 0\.0"):
        correct_best(SCORES, 0.0, 0.05)
    with pytest.raises(ValueError, match="expected finite values"):
        correct_best([0.1, math.inf], NOISE, 0.05)
    with pytest.raises(ValueError, match="expected a level between 0 and 1, got 1"):
        correct_best(SCORES, NOISE, 1)
    with pytest.raises(ValueError, match=r"share of the level between 0 and 1, got 0; try 0\.1"):
        correct_best(SCORES, NOISE, 0.05, share=0)


def test_it_agrees_with_a_published_example() -> None:
    """That of the documentation of multiple-inference 1.2.0 (Bowen): the largest of 0 to 4, each
    with a noise of 1; the median and the ends of 95%.
    """
    corrected = correct_best([0.0, 1.0, 2.0, 3.0, 4.0], 1.0, 0.05, share=1e-9)
    theirs = (0.06742731, 3.68627552, 5.93267239)
    assert (corrected.low, corrected.estimate, corrected.high) == pytest.approx(theirs, abs=1e-6)
