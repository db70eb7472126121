"""Fits the constants of a known rule to what a program does.

Three ways, each starting where the one before it ended. The numbers that the program is made of are
tried in place of each constant, since a rule that is spelt otherwise mostly keeps its numbers.
Least squares then moves all constants on their natural scales, from there and from starts drawn by
key. Where a rule takes signs or maxima, its direction may not move with a constant at all; so at
last constants go up and down by steps, which are halved when none helps, on the long probe, where
every constant shows somewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from evosearch.graph.graph import Graph
from evosearch.recognition.behaviour import EXACT, Behaviour, Target, sine
from evosearch.recognition.known import Known
from evosearch.screening.family import Scale
from proxies.keys import generator

Array = NDArray[np.float64]
Constants = tuple[float, ...]

_ALL_DIGITS = 17
_SIZES = (1e-30, 1e3)
"""Between these a constant is fitted; an epsilon beyond them makes another rule of any."""
_MOST_COMBINATIONS = 100
"""Of the program's numbers; where there are more, one constant is replaced at a time."""
_SWEEPS = 3
_LEAST_GAIN, _SMALLEST_CHANGE = 1e-4, 1e-13
"""Least squares stop where a step makes the sum of squares smaller by no more than that share of
it, which is not so on the way to an exact fit, or moves constants by no more than that share."""
_FLAT = 2.0
"""What each part of the residual is taken to be where a rule's direction is zero or infinite."""
_FIRST_STEP, _LAST_STEP = 0.4, 0.0005
"""Of the stepwise search, on the natural scales."""
_TRIES = 120
"""About the most settings that the stepwise search tries."""
_NUDGE = -1e-6
_FARTHEST_STEPPED = 0.5
"""The distance above which the stepwise search is not worth its time."""


@dataclass(frozen=True)
class Fit:
    """Holds a known rule with the constants at which it is nearest to a program."""

    known: Known
    constants: Constants
    distance: float
    """Its distance on the probe on which it was fitted."""

    @property
    def graph(self) -> Graph:
        """Gives the rule at these constants."""
        return self.known.graph(self.constants)

    @property
    def values(self) -> dict[str, float]:
        """Gives the constants by name."""
        return dict(zip(self.known.family.names, self.constants, strict=True))


def try_numbers(known: Known, behaviour: Behaviour, numbers: Sequence[float]) -> Fit:
    """Gives the rule at its own constants or at such of these numbers as suit best."""
    family = known.family
    choices = [
        tuple(dict.fromkeys([own, 0.0, *(n for n in numbers if _suits(n, scale, own))]))
        for own, scale in zip(family.defaults, family.scales, strict=True)
    ]
    best = _measured(known, family.defaults, behaviour.short)
    if prod(map(len, choices)) <= _MOST_COMBINATIONS:
        fits = (_measured(known, constants, behaviour.short) for constants in product(*choices))
        return min([best, *fits], key=lambda fit: fit.distance)
    for _ in range(_SWEEPS):
        before = best
        for place, values in enumerate(choices):
            for value in values:
                other = (*best.constants[:place], value, *best.constants[place + 1 :])
                best = _nearer(best, _measured(known, other, behaviour.short))
        if best is before or best.distance < EXACT:
            break
    return best


def drawn(known: Known, behaviour: Behaviour, number: int) -> Fit:
    """Gives the rule at constants drawn around its own, on their scales; `number` is the draw's."""
    draw = generator("recognition", known.name, number)
    family = known.family
    constants = tuple(
        scale.constant(scale.natural(own) + draw.normal(0, _SPREAD[scale]), own)
        for own, scale in zip(family.defaults, family.scales, strict=True)
    )
    return _measured(known, constants, behaviour.short)


_SPREAD = {Scale.DECAY: 1.5, Scale.SIZE: 2.0, Scale.ZERO: 1.0}


def by_least_squares(fit: Fit, target: Target, calls: int = 30) -> Fit:
    """Moves the constants of a fit, those at zero apart, to where the rule is nearest.

    It takes so many steps at most.
    """
    family = fit.known.family
    moved = [place for place, value in enumerate(fit.constants) if value]
    residual = target.residual(fit.graph)
    if residual is None or not moved:
        return fit
    flat = np.full_like(residual, _FLAT)
    scales = [family.scales[place] for place in moved]

    def constants(naturals: Sequence[float] | Array) -> Constants:
        values = list(fit.constants)
        for place, scale, natural in zip(moved, scales, naturals, strict=True):
            values[place] = scale.constant(float(natural), fit.constants[place], _ALL_DIGITS)
        return tuple(values)

    def residuals(naturals: Array) -> Array:
        difference = target.residual(fit.known.graph(constants(naturals)))
        return flat if difference is None else difference

    low, high = bounds = _bounds(scales)
    start = np.clip(
        [s.natural(fit.constants[p]) for s, p in zip(scales, moved, strict=True)], low, high
    )
    with np.errstate(all="ignore"):  # a constant may move nothing, as inside a sign
        reached = least_squares(
            residuals,
            start,
            bounds=bounds,
            x_scale="jac",
            ftol=_LEAST_GAIN,
            xtol=_SMALLEST_CHANGE,
            gtol=None,
            max_nfev=calls,
        )
    return _nearer(fit, Fit(fit.known, constants(reached.x), sine(reached.fun)))


def is_flat(fit: Fit, target: Target) -> bool:
    """Tells whether no small change of a constant moves the direction, as inside a sign."""
    nudged = (_stepped(fit, place, _NUDGE) for place in range(len(fit.constants)))
    return bool(fit.constants) and all(
        _measured(fit.known, constants, target).distance == fit.distance
        for constants in nudged
        if constants
    )


def by_steps(fit: Fit, target: Target) -> Fit:
    """Moves the constants of a fit, in turn, up and down by ever smaller steps."""
    best = _measured(fit.known, fit.constants, target)
    step, tries = _FIRST_STEP, 0
    while step >= _LAST_STEP and tries < _TRIES and EXACT < best.distance < _FARTHEST_STEPPED:
        before = best
        for place in range(len(fit.constants)):
            for change in (step, -step):
                if constants := _stepped(best, place, change):
                    best = _nearer(best, _measured(fit.known, constants, target))
                    tries += 1
        if best is before:
            step /= 2
    return best


def _stepped(fit: Fit, place: int, change: float) -> Constants | None:
    """Gives the constants with one moved on its scale; None where it is zero and has no size."""
    scale, value = fit.known.family.scales[place], fit.constants[place]
    if not value and scale is Scale.SIZE:
        return None
    moved = scale.constant(scale.natural(value) + change, value, _ALL_DIGITS)
    return (*fit.constants[:place], moved, *fit.constants[place + 1 :])


def rounded(fit: Fit, behaviour: Behaviour) -> Fit:
    """Rounds the constants to four digits, and measures the distance on both probes."""
    constants = _rounded(fit, 4)
    return Fit(fit.known, constants, behaviour.distance(fit.known.graph(constants)))


def tidied(fit: Fit, behaviour: Behaviour) -> Fit | None:
    """Rounds the constants as far as the rule is of the program's class; None if it is not."""
    for constants in dict.fromkeys(_rounded(fit, digits) for digits in _TIDY_DIGITS):
        if behaviour.is_class_of(Behaviour(fit.known.graph(constants))):
            return Fit(fit.known, constants, 0.0)
    return None


def _rounded(fit: Fit, digits: int) -> Constants:
    return tuple(
        scale.constant(scale.natural(value), value, digits) if value else value
        for scale, value in zip(fit.known.family.scales, fit.constants, strict=True)
    )


_TIDY_DIGITS = (2, 3, 4, 5, 6, 8, _ALL_DIGITS)


def _suits(number: float, scale: Scale, own: float) -> bool:
    if scale is Scale.DECAY:
        return 0 <= number < 1
    return scale is Scale.ZERO or _SIZES[0] <= number / (own or 1) * abs(own) <= _SIZES[1]


def _measured(known: Known, constants: Constants, target: Target) -> Fit:
    return Fit(known, constants, target.distance(known.graph(constants)))


def _nearer(one: Fit, other: Fit) -> Fit:
    return other if other.distance < one.distance else one


def _bounds(scales: Sequence[Scale]) -> tuple[list[float], list[float]]:
    smallest, largest = map(Scale.SIZE.natural, _SIZES)
    lowest = {Scale.DECAY: Scale.DECAY.natural(1.0), Scale.SIZE: smallest, Scale.ZERO: -np.inf}
    highest = {Scale.DECAY: 0.0, Scale.SIZE: largest, Scale.ZERO: np.inf}
    return [lowest[s] for s in scales], [highest[s] for s in scales]
