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
from scipy.optimize import Bounds, least_squares, minimize

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
_MOST_COMBINATIONS = 144
_SWEEPS = 3
_LEAST_GAIN, _SMALLEST_CHANGE = 1e-4, 1e-13
"""Least squares stop where a step makes the sum of squares smaller by no more than that share of
it, which is not so on the way to an exact fit, or moves constants by no more than that share."""
_FLAT = 2.0
"""What each part of the residual is taken to be where a rule's direction is zero or infinite."""
_SIMPLEX_SIZE = 0.3
"""Of the first simplex, on the natural scales."""
_TRIES = 100
"""The most settings that the simplex tries."""
_USUAL = float(np.log(100))
"""How far from the rule's own a usual constant is at most: AdamW with a `beta2` of 0.9 is called
that, with an epsilon of 1000 it is momentum."""
_NUDGE = 1e-6
_LEAST_SLOPE = 1e-4
"""What a change on the natural scale moves the direction by, for least squares to be of use."""


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


def try_numbers(known: Known, target: Target, numbers: Sequence[float]) -> Fit:
    """Gives the rule at its own constants or at such of these numbers as suit best.

    All combinations are tried if they are not too many; else one constant at a time.
    """
    family = known.family
    choices = [
        tuple(dict.fromkeys([own, 0.0, *(n for n in numbers if _suits(n, scale, own))]))
        for own, scale in zip(family.defaults, family.scales, strict=True)
    ]
    best = measured(known, family.defaults, target)
    if prod(map(len, choices)) <= _MOST_COMBINATIONS:
        fits = (measured(known, constants, target) for constants in product(*choices))
        return min([best, *fits], key=lambda fit: fit.distance)
    for _ in range(_SWEEPS):
        before = best
        for place, values in enumerate(choices):
            for value in values:
                other = (*best.constants[:place], value, *best.constants[place + 1 :])
                best = _nearer(best, measured(known, other, target))
        if best is before or best.distance < EXACT:
            break
    return best


def drawn(known: Known, target: Target, number: int) -> Fit:
    """Gives the rule at constants drawn around its own, on their scales; `number` is the draw's."""
    draw = generator("recognition", known.name, number)
    family = known.family
    constants = tuple(
        scale.constant(scale.natural(own) + draw.normal(0, _SPREAD[scale]), own)
        for own, scale in zip(family.defaults, family.scales, strict=True)
    )
    return measured(known, constants, target)


_SPREAD = {Scale.DECAY: 1.5, Scale.SIZE: 2.0, Scale.ZERO: 1.0}


def without_zeros(fit: Fit, target: Target) -> Fit:
    """Gives the rule with its own constants for those at zero, which no fit moves from there."""
    own = fit.known.family.defaults
    constants = tuple(value or usual for value, usual in zip(fit.constants, own, strict=True))
    return measured(fit.known, constants, target)


def by_least_squares(fit: Fit, target: Target, calls: int = 30) -> Fit:
    """Moves the constants of a fit, those at zero apart, to where the rule is nearest.

    It takes so many steps at most.
    """
    moved = _movable(fit)
    residual = target.residual(fit.graph)
    if residual is None or not moved:
        return fit
    flat = np.full_like(residual, _FLAT)

    def residuals(naturals: Array) -> Array:
        difference = target.residual(fit.known.graph(_at(fit, moved, naturals)))
        return flat if difference is None else difference

    with np.errstate(all="ignore"):  # a constant may move nothing, as inside a sign
        reached = least_squares(
            residuals,
            _naturals(fit, moved),
            bounds=_bounds(fit, moved),
            x_scale="jac",
            ftol=_LEAST_GAIN,
            xtol=_SMALLEST_CHANGE,
            gtol=None,
            max_nfev=calls,
        )
    return _nearer(fit, Fit(fit.known, _at(fit, moved, reached.x), sine(reached.fun)))


def is_flat(fit: Fit, target: Target) -> bool:
    """Tells whether no small change of a constant moves the direction, as inside a sign."""
    here = target.residual(fit.graph)
    if here is None or not fit.constants:
        return False
    moved = _movable(fit)
    start = _naturals(fit, moved)
    for nudge in _NUDGE * np.eye(len(moved)):
        there = target.residual(fit.known.graph(_at(fit, moved, start - nudge)))
        if there is not None and np.linalg.norm(there - here) > _LEAST_SLOPE * _NUDGE:
            return False
    return True


def is_usual(fit: Fit) -> bool:
    """Tells whether each constant is zero or about as large as the rule's own, on its scale."""
    family = fit.known.family
    return all(
        not value or abs(scale.natural(value) - scale.natural(own)) <= _USUAL
        for value, own, scale in zip(fit.constants, family.defaults, family.scales, strict=True)
    )


def by_simplex(fit: Fit, target: Target) -> Fit:
    """Moves the constants of a fit, those at zero apart, by Nelder and Mead's method.

    It asks for no slope, and can follow the narrow valleys that two averages under a sign make.
    """
    moved = _movable(fit)
    start = _naturals(fit, moved)
    if not moved:
        return fit

    def distance(naturals: Array) -> float:
        return target.distance(fit.known.graph(_at(fit, moved, naturals)))

    simplex = np.vstack([start, start + _SIMPLEX_SIZE * np.eye(len(moved))])
    reached = minimize(
        distance,
        start,
        method="Nelder-Mead",
        bounds=Bounds(*_bounds(fit, moved)),
        options={"initial_simplex": simplex, "maxfev": _TRIES, "xatol": 1e-5, "fatol": 0.0},
    )
    return Fit(fit.known, _at(fit, moved, reached.x), float(reached.fun))


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
    return scale is Scale.ZERO or _SIZES[0] <= number * float(np.sign(own)) <= _SIZES[1]


def measured(known: Known, constants: Constants, target: Target) -> Fit:
    """Gives the rule at these constants, with its distance on one probe."""
    return Fit(known, constants, target.distance(known.graph(constants)))


def _nearer(one: Fit, other: Fit) -> Fit:
    return other if other.distance < one.distance else one


def _movable(fit: Fit) -> list[int]:
    """Lists the places of the constants that are not zero, which has no size to change."""
    return [place for place, value in enumerate(fit.constants) if value]


def _naturals(fit: Fit, moved: Sequence[int]) -> Array:
    """Gives the constants at these places on their natural scales, within bounds."""
    scales = fit.known.family.scales
    return np.clip([scales[p].natural(fit.constants[p]) for p in moved], *_bounds(fit, moved))


def _at(fit: Fit, moved: Sequence[int], naturals: Array) -> Constants:
    """Gives the constants of the fit with those at some places from their natural scales."""
    values, scales = list(fit.constants), fit.known.family.scales
    for place, natural in zip(moved, naturals, strict=True):
        values[place] = scales[place].constant(float(natural), values[place], _ALL_DIGITS)
    return tuple(values)


def _bounds(fit: Fit, moved: Sequence[int]) -> tuple[list[float], list[float]]:
    scales = [fit.known.family.scales[place] for place in moved]
    smallest, largest = map(Scale.SIZE.natural, _SIZES)
    lowest = {Scale.DECAY: Scale.DECAY.natural(1.0), Scale.SIZE: smallest, Scale.ZERO: -np.inf}
    highest = {Scale.DECAY: 0.0, Scale.SIZE: largest, Scale.ZERO: np.inf}
    return [lowest[s] for s in scales], [highest[s] for s in scales]
