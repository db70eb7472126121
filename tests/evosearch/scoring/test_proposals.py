"""What a generation of tuning tries: starts and draws first, then draws around the best so far."""

import numpy as np
import pytest

from evosearch import known_rule, lower
from evosearch.scoring.proposals import NEAR_RATES, RATES, first_settings, later_settings
from evosearch.scoring.setting import USUAL_DECAYS, Setting
from evosearch.screening.family import Family

LION = Family(lower(known_rule("lion")))
ELITE = (Setting(0.1, (0.9, 0.99)), Setting(0.2, (0.5, 0.9)), Setting(0.3, (0.0, 0.99)))


def draw() -> np.random.Generator:
    return np.random.default_rng(5)


def test_the_first_generation_tries_the_defaults_at_rates_around_the_tasks() -> None:
    """Then draws, with other constants."""
    settings = first_settings(LION, 0.02, (), 20, draw())
    assert len(settings) == 20
    assert settings[: len(RATES)] == [Setting(0.02 * f, LION.defaults) for f in RATES]
    assert len(set(settings)) == 20
    assert sum(set(s.constants) <= set(USUAL_DECAYS) for s in settings[len(RATES) :]) >= 2


def test_known_good_settings_are_tried_at_near_rates() -> None:
    """Instead of the defaults; all of them, be they more than was asked for."""
    starts = ELITE[:2]
    settings = first_settings(LION, 5.0, starts, 3, draw())
    assert settings == [s.at(s.rate * factor) for s in starts for factor in NEAR_RATES]
    rates = [s.rate for s in first_settings(LION, 5.0, starts, 100, draw())]
    assert np.median(rates) == pytest.approx(0.14, rel=0.2)


def test_later_generations_are_drawn_around_the_elite_more_narrowly() -> None:
    """Around each of them as often; the further the generation, the more of them are near."""
    rates, away = [0.01, 1.0], []
    for generation in (1, 2, 5):
        settings = later_settings(LION, ELITE, rates, generation, 90, draw())
        assert len(settings) == 90
        logs = [np.log(s.rate / ELITE[n % 3].rate) for n, s in enumerate(settings)]
        away.append(float(np.median(np.abs(logs))))
        assert max(np.abs(logs)) > 1.0  # some are as wide as ever
        assert sum(set(s.constants) & set(USUAL_DECAYS) != set() for s in settings) > 30
    assert away[0] > 1.1 * away[1] > 1.1 * 1.1 * away[2]


@pytest.mark.parametrize(
    ("rates", "beyond"),
    [
        ([0.1, 1.0], [0.05, 0.0125]),
        ([0.01, 0.1], [0.2, 0.8]),
        ([0.1], [0.2, 0.8, 0.05, 0.0125]),
        ([0.06, 0.19], [0.2, 0.8, 0.05, 0.0125]),
        ([0.05, 0.2], []),
    ],
)
def test_a_best_rate_at_an_edge_is_moved_beyond_it(rates: list[float], beyond: list[float]) -> None:
    """With the best constants, so that no range of rates bounds the search."""
    settings = later_settings(LION, ELITE, rates, 1, 10, draw())
    assert settings[: len(beyond)] == [ELITE[0].at(rate) for rate in beyond]
    assert len(settings) == 10
