"""Draws settings of a rule: a learning rate and values of the constants, to be tuned together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from evosearch.screening.family import Family, Scale

USUAL_DECAYS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)
"""The decay rates that published optimizers use."""
_USUAL_SHARE = 0.5
"""The share of the decay rates that are drawn among these where usual ones are wished for."""
_TINY = 1e-3
"""A size below which a constant guards a division, and is drawn over many orders of magnitude."""
_TINY_SPREAD = 3.5
"""The standard deviation of a draw of such a constant's logarithm."""
_SPREADS = {Scale.DECAY: 1.2, Scale.SIZE: 0.8, Scale.ZERO: 0.3}
"""The standard deviation of a draw on each scale."""
_RATE_SPREAD = 0.7
"""That of the learning rate's natural logarithm."""


class Setting(NamedTuple):
    """Is what a rule is trained with."""

    rate: float
    """The peak learning rate relative to the rule's update size on the probe."""
    constants: tuple[float, ...]
    """The values of the rule's constants, in its order."""

    def at(self, rate: float) -> Setting:
        """Gives the same constants with another rate, which is rounded to four digits."""
        return Setting(float(f"{rate:.4g}"), self.constants)


def draw_setting(
    family: Family, around: Setting, draw: np.random.Generator, spread: float, usual: bool
) -> Setting:
    """Draws a setting around another, each constant on its scale; `spread` widens or narrows.

    With `usual`, about half of the decay rates are drawn among the field's usual ones instead.
    """
    constants = tuple(
        _draw_constant(scale, value, draw, spread, usual)
        for scale, value in zip(family.scales, around.constants, strict=True)
    )
    rate = around.rate * float(np.exp(spread * _RATE_SPREAD * draw.standard_normal()))
    return Setting(rate, constants).at(rate)


def _draw_constant(
    scale: Scale, value: float, draw: np.random.Generator, spread: float, usual: bool
) -> float:
    step, chance = draw.standard_normal(), draw.random()
    if scale is Scale.DECAY and usual and chance < _USUAL_SHARE:
        return USUAL_DECAYS[int(chance / _USUAL_SHARE * len(USUAL_DECAYS))]
    if scale is Scale.SIZE and value == 0:
        return value  # a starting point may be zero where others are not; there is no scale then
    tiny = scale is Scale.SIZE and abs(value) < _TINY
    reach = spread * (_TINY_SPREAD if tiny else _SPREADS[scale])
    return scale.constant(scale.natural(value) + reach * step, value)
