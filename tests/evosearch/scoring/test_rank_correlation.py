"""Rank correlation among a weighted sample, against scipy's of the whole."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from evosearch.scoring.rank_correlation import effective_number, rank_correlation
from proxies.keys import generator


@pytest.mark.parametrize("ties", [False, True])
def test_a_weight_is_so_many_equal_pairs(ties: bool) -> None:
    """scipy, given each pair as often as its weight says, gives the same coefficient."""
    draw = generator("rank", int(ties))
    for _ in range(20):
        ours, theirs = draw.standard_normal((2, 30))
        theirs = theirs + draw.uniform(-2, 2) * ours
        if ties:
            ours, theirs = np.round(ours), np.round(theirs)
        weights = draw.integers(1, 6, size=30)
        expected = spearmanr(np.repeat(ours, weights), np.repeat(theirs, weights)).statistic
        assert rank_correlation(ours, theirs, weights) == pytest.approx(expected, abs=1e-9)


def test_where_a_score_tells_nothing_apart_there_is_none() -> None:
    """As in scipy."""
    assert np.isnan(rank_correlation([1.0, 1.0], [1.0, 2.0], [1.0, 1.0]))


def test_a_sample_by_lot_makes_up_for_those_that_were_stopped() -> None:
    """Of those above a threshold and some drawn from the rest, it estimates that of all without
    bias; of those above alone, it is far lower.
    """
    weighted, above, truth = [], [], []
    for trial in range(200):
        draw = generator("lots", trial)
        ours = draw.standard_normal(400)
        theirs = ours + draw.standard_normal(400)
        truth.append(spearmanr(ours, theirs).statistic)
        passed = ours > np.quantile(ours, 0.6)
        lot = ~passed & (draw.random(400) < 1 / 16)
        went = passed | lot
        weights = np.where(lot, 16.0, 1.0)[went]
        weighted.append(rank_correlation(ours[went], theirs[went], weights))
        above.append(spearmanr(ours[passed], theirs[passed]).statistic)
    assert np.mean(weighted) == pytest.approx(np.mean(truth), abs=0.03)
    assert np.mean(above) < np.mean(truth) - 0.2


def test_unequal_weights_count_for_less() -> None:
    """Kish's number is that of the weights where they are equal, and 1 where one has all."""
    assert effective_number([2.0] * 7) == pytest.approx(7)
    assert effective_number([1.0, 0.0, 0.0]) == 1
    assert effective_number([16.0, *[1.0] * 16]) == pytest.approx(32**2 / (256 + 16))
