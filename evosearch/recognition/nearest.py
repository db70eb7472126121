"""Finds the known rule that comes nearest to a program once its constants are fitted.

Each stage costs more than the one before it and is for fewer rules, the nearest so far; the first
that fits exactly ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from evosearch.recognition.behaviour import EXACT, Behaviour
from evosearch.recognition.fitting import (
    Fit,
    by_least_squares,
    by_steps,
    drawn,
    rounded,
    tidied,
    try_numbers,
)
from evosearch.recognition.known import by_structure
from evosearch.screening.long_probe import switches

_FITTED = 4
"""The rules, nearest with the program's own numbers, whose constants are moved by least squares."""
_DRAWN = 2
"""The rules for which that is done from several starts, and by steps."""
_DRAWS = 3
_JUDGED = 6
"""The rules, nearest on the short probe, that are compared on both."""
_ALIKE = 1.1
"""How much farther a rule may be and still be named for being simpler."""
_MAY_BE_EXACT = 0.05
"""The distance, at constants that were not rounded yet, from which rounding may lead to none."""


def nearest(behaviour: Behaviour, numbers: Sequence[float]) -> tuple[Fit, bool]:
    """Gives the best fit and whether it is exact; of several exact ones, the simplest rule's.

    `numbers` are those that the program is made of.
    """
    fits: list[Fit] = []
    for more in _stages(behaviour, numbers):
        for fit in sorted(more, key=lambda fit: fit.known.simplicity):
            if fit.distance <= _MAY_BE_EXACT and (exact := _exact(fit, behaviour)) is not None:
                return exact, True
        fits += more
    # What was fitted on eight steps is judged on both probes.
    judged = [rounded(fit, behaviour) for fit in _nearest(_best_of_each_rule(fits), _JUDGED)]
    least = min(fit.distance for fit in judged)
    near = [fit for fit in judged if fit.distance <= _ALIKE * least]
    return min(near, key=lambda fit: (fit.known.simplicity, fit.distance)), False


def _stages(behaviour: Behaviour, numbers: Sequence[float]) -> Iterator[list[Fit]]:
    """Yields ever better fits, which are of fewer rules each time, on the short probe."""
    fits = [try_numbers(known, behaviour, numbers) for known in by_structure().values()]
    yield fits
    fits = [by_least_squares(fit, behaviour.short) for fit in _nearest(fits, _FITTED)]
    yield fits
    fits = _nearest(fits, _DRAWN)
    for number in range(_DRAWS):
        starts = [drawn(fit.known, behaviour, number) for fit in fits]
        yield [by_least_squares(start, behaviour.short) for start in starts]
    yield [by_steps(fit, behaviour.long) for fit in fits if switches(fit.known.family.graph)]


def _nearest(fits: Iterable[Fit], number: int) -> list[Fit]:
    return sorted(fits, key=lambda fit: (fit.distance, fit.known.simplicity))[:number]


def _best_of_each_rule(fits: Iterable[Fit]) -> list[Fit]:
    best: dict[str, Fit] = {}
    for fit in sorted(fits, key=lambda fit: fit.distance):
        best.setdefault(fit.known.name, fit)
    return list(best.values())


def _exact(fit: Fit, behaviour: Behaviour) -> Fit | None:
    """Gives a fit with tidy constants if the rule does as the program on both probes."""
    if (tidy := tidied(fit, behaviour)) is not None:
        return tidy
    if fit.distance > EXACT:
        return None
    if behaviour.long.distance(fit.graph) > EXACT:
        # What hardly shows on the short probe, such as an epsilon, may show on the long one.
        fit = by_least_squares(fit, behaviour.long)
    distance = behaviour.distance(fit.graph)
    if distance > EXACT:
        return None
    return tidied(fit, behaviour) or replace(fit, distance=distance)
