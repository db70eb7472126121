"""The seeds of rounds: none that settings are compared on is one that a score is taken on."""

from __future__ import annotations

import pytest

from evosearch.scoring import qualification, remeasurement, yardstick
from evosearch.scoring.rounds import ROUNDS, fresh_seeds, tuning_seeds
from evosearch.scoring.yardstick import MOST_SEEDS, OWN_SEEDS


@pytest.mark.parametrize("seeds", range(1, MOST_SEEDS + 1))
def test_no_two_rounds_share_a_seed(seeds: int) -> None:
    """Neither those that settings are compared on, nor those of the score."""
    drawn = [
        seed for n in range(ROUNDS) for seed in (*tuning_seeds(n, seeds), *fresh_seeds(n, seeds))
    ]
    assert len(drawn) == len(set(drawn))


def test_each_round_takes_the_score_on_twice_the_seeds_of_the_one_before() -> None:
    """The fresh seeds of all rounds are numbered on, without a gap, from 0."""
    assert [len(tuning_seeds(n, 3)) for n in range(ROUNDS)] == [3, 3, 3]
    assert [len(fresh_seeds(n, 3)) for n in range(ROUNDS)] == [3, 6, 12]
    assert sum((fresh_seeds(n, 3) for n in range(ROUNDS)), ()) == tuple(range(21))


def test_adamws_own_losses_are_known_for_the_fresh_seeds_of_every_round() -> None:
    """Or a score could not be paired."""
    for n in range(ROUNDS):
        assert set(fresh_seeds(n, MOST_SEEDS)) <= set(range(OWN_SEEDS))


def test_stages_use_seeds_of_their_own() -> None:
    """Rounds, yardstick, qualification, ranking and report share none that they choose by."""
    rounds = [tuning_seeds(n, MOST_SEEDS) for n in range(ROUNDS)]
    stages = [
        sum(rounds, ()),
        tuple(range(OWN_SEEDS)),
        yardstick._TUNING_SEEDS,
        tuple(qualification._FIRST_NOISE_SEED + n for n in range(100)),
        remeasurement.TUNING_SEEDS,
        remeasurement.RANKING_SEEDS,
        remeasurement.report_seeds(100),
    ]
    drawn = [seed for stage in stages for seed in stage]
    assert len(drawn) == len(set(drawn))
