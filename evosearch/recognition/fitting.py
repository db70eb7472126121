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
_MOST_COMBINATIONS = 100
"""Of the program's numbers; where there are more, one constant is replaced at a time."""
_SWEEPS = 3
_CALLS = 30
"""The most steps of least squares."""
_FLAT = 2.0
"""What each part of the residual is taken to be where a rule's direction is zero or infinite."""
_FIRST_STEP, _LAST_STEP = 0.4, 0.0005
"""Of the stepwise search, on the natural scales."""
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


def by_least_squares(fit: Fit, target: Target) -> Fit:
    """Moves the constants of a fit, those at zero apart, to where the rule is nearest."""
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

    start = [family.scales[place].natural(fit.constants[place]) for place in moved]
    with np.errstate(all="ignore"):  # a constant may move nothing, as inside a sign
        reached = least_squares(
            residuals,
            start,
            bounds=_bounds(scales),
            x_scale="jac",
            ftol=_SMALLEST_CHANGE,
            xtol=_SMALLEST_CHANGE,
            gtol=None,
            max_nfev=_CALLS,
        )
    return _nearer(fit, Fit(fit.known, constants(reached.x), sine(reached.fun)))


_SMALLEST_CHANGE = 1e-13


def by_steps(fit: Fit, target: Target) -> Fit:
    """Moves the constants of a fit, one after the other, up and down by ever smaller steps."""
    best = _measured(fit.known, fit.constants, target)
    scales = fit.known.family.scales
    step = _FIRST_STEP
    while step >= _LAST_STEP and EXACT < best.distance < _FARTHEST_STEPPED:
        before = best
        for place, scale in enumerate(scales):
            for change in (step, -step):
                value = best.constants[place]
                if not value and scale is Scale.SIZE:
                    continue  # zero has no size to change
                moved = scale.constant(scale.natural(value) + change, value, _ALL_DIGITS)
                other = (*best.constants[:place], moved, *best.constants[place + 1 :])
                best = _nearer(best, _measured(fit.known, other, target))
        if best is before:
            step /= 2
    return best


def rounded(fit: Fit, behaviour: Behaviour) -> Fit:
    """Rounds the constants to four digits, and measures the distance on both probes."""
    constants = _rounded(fit, 4)
    return Fit(fit.known, constants, behaviour.distance(fit.known.graph(constants)))


def tidied(fit: Fit, behaviour: Behaviour) -> Fit | None:
    """Rounds the constants as far as the rule is of the program's class; None if it is not."""
    for digits in _TIDY_DIGITS:
        constants = _rounded(fit, digits)
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
    return number * own > 0 or scale is Scale.ZERO


def _measured(known: Known, constants: Constants, target: Target) -> Fit:
    return Fit(known, constants, target.distance(known.graph(constants)))


def _nearer(one: Fit, other: Fit) -> Fit:
    return other if other.distance < one.distance else one


def _bounds(scales: Sequence[Scale]) -> tuple[list[float], list[float]]:
    lowest = {Scale.DECAY: Scale.DECAY.natural(1.0), Scale.SIZE: -80.0, Scale.ZERO: -np.inf}
    highest = {Scale.DECAY: 0.0, Scale.SIZE: 80.0, Scale.ZERO: np.inf}
    return [lowest[s] for s in scales], [highest[s] for s in scales]
