"""Proposes the settings that the generations of tuning race (`evosearch.scoring.tuner`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evosearch.scoring.setting import Setting, draw_setting
from evosearch.screening.family import Family

RATES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Factors on the task's own rate, with which a rule is tried of which no good setting is known."""
_CENTRES = slice(1, 4)
"""Those of them around which settings are drawn."""
NEAR_RATES = (1.0, 0.5, 2.0)
"""Factors on the rate of a setting that was good, such as the parent's best."""
BEYOND = (2.0, 8.0)
"""The factors by which the rate is moved on from the best one, where none so far is as far on as
the first of them."""
NARROWER = 0.65
"""The factor by which the narrowest draws of each generation are narrower than those before."""


def first_settings(
    family: Family, rate: float, starts: Sequence[Setting], count: int, draw: np.random.Generator
) -> list[Setting]:
    """Proposes a first generation of `count` settings, more where there are many starts.

    They are the starts at several rates, and draws around them. Without a start, the family's
    defaults are tried at rates around `rate`.
    """
    if starts:
        settings = [start.at(start.rate * factor) for start in starts for factor in NEAR_RATES]
        centres = starts
    else:
        own = Setting(rate, family.defaults)
        settings = [own.at(rate * factor) for factor in RATES]
        centres = settings[_CENTRES]
    return settings + _draws(family, centres, 0, count - len(settings), draw)


def later_settings(
    family: Family,
    elite: Sequence[Setting],
    rates: Sequence[float],
    generation: int,
    count: int,
    draw: np.random.Generator,
) -> list[Setting]:
    """Proposes generation 1, 2, …: draws around the elite, best first, more and more narrowly.

    `rates` are all that were tried so far. Where the best setting's is near the least or greatest
    of them, the optimum may lie beyond, so its constants are tried at rates further on too.
    """
    best = elite[0]
    settings = []
    if max(rates) < best.rate * BEYOND[0]:
        settings += [best.at(best.rate * factor) for factor in BEYOND]
    if min(rates) > best.rate / BEYOND[0]:
        settings += [best.at(best.rate / factor) for factor in BEYOND]
    return settings + _draws(family, elite, generation, count - len(settings), draw)


def _draws(
    family: Family,
    centres: Sequence[Setting],
    generation: int,
    count: int,
    draw: np.random.Generator,
) -> list[Setting]:
    """Draws around the centres in turn; in every second draw usual decay rates are preferred.

    Draws are as wide as the first generation's or narrower, all widths down to the generation's
    narrowest being as likely, so that a search that began in the wrong place can leave it.
    """
    settings = []
    for n in range(count):
        spread = NARROWER ** (generation * draw.random())
        centre = centres[n % len(centres)]
        settings.append(draw_setting(family, centre, draw, spread, usual=n % 2 == 0))
    return settings
