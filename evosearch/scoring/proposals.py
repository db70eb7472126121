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
"""The factor by which the draws of each generation are narrower than those of the one before."""


def first_settings(
    family: Family, rate: float, starts: Sequence[Setting], count: int, draw: np.random.Generator
) -> list[Setting]:
    """Proposes a first generation of `count` settings, more where there are many starts.

    They are the starts at several rates, and draws around them; half of the draws are among the
    field's usual values. Without a start, the family's defaults are tried at rates around `rate`.
    """
    if starts:
        settings = [start.at(start.rate * factor) for start in starts for factor in NEAR_RATES]
        centres = starts
    else:
        own = Setting(rate, family.defaults)
        settings = [own.at(rate * factor) for factor in RATES]
        centres = settings[_CENTRES]
    for n in range(count - len(settings)):
        centre = centres[n % len(centres)]
        settings.append(draw_setting(family, centre, draw, 1.0, usual=n % 2 == 0))
    return settings


def later_settings(
    family: Family,
    elite: Sequence[Setting],
    rates: Sequence[float],
    generation: int,
    count: int,
    draw: np.random.Generator,
) -> list[Setting]:
    """Proposes generation 1, 2, …: draws around the elite, best first, each more narrowly.

    `rates` are all that were tried so far. Where the best setting's is near the least or greatest
    of them, the optimum may lie beyond, so its constants are tried at rates further on too.
    """
    best = elite[0]
    settings = []
    if max(rates) < best.rate * BEYOND[0]:
        settings += [best.at(best.rate * factor) for factor in BEYOND]
    if min(rates) > best.rate / BEYOND[0]:
        settings += [best.at(best.rate / factor) for factor in BEYOND]
    spread = NARROWER**generation
    for n in range(count - len(settings)):
        settings.append(draw_setting(family, elite[n % len(elite)], draw, spread, usual=False))
    return settings
