"""Finds the known rule that comes nearest to a program once its constants are fitted.

Each stage costs more than the one before it and is for fewer rules, the nearest so far; the first
that fits exactly ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from evosearch.graph.builder import rebuilt
from evosearch.recognition.behaviour import EXACT, Behaviour
from evosearch.recognition.fitting import (
    Fit,
    by_least_squares,
    by_simplex,
    drawn,
    is_flat,
    is_usual,
    measured,
    rounded,
    tidied,
    try_numbers,
    without_zeros,
)
from evosearch.recognition.known import Known
from evosearch.screening.family import Family

_FITTED = 4
"""The rules, nearest with the program's own numbers, whose constants are moved by least squares."""
_DRAWN = 2
"""The rules for which that is done from several starts, and by steps."""
_DRAWS = 2
_DRAWS_ON_SHORT, _DRAWS_ON_LONG = 64, 16
_SAME_SIGNS = 0.05
"""The distance on the short probe above which a sign rule is not sought on the long one: there few
signs are near to turning, so at the right constants all agree."""
_FARTHEST_DRAWN = 0.5
"""The distance above which no other start is tried."""
_CALLS_ON_LONG = 6
_JUDGED = 6
"""The rules, nearest on the short probe, that are compared on both."""
_WORTH_OF_A_CONSTANT = 1.2
"""How much nearer a rule must be, for each constant more than another, to be named."""
_MOST_IDLE = 2
"""How many times the statements of a program a rule that is said to equal it may have."""
_ROUNDED_TO_EXACT = 0.05
"""The distance on the long probe from which rounding a sign's constants may lead to none."""


def nearest(
    behaviour: Behaviour, numbers: Sequence[float], among: Sequence[Known]
) -> tuple[Fit, bool]:
    """Gives the best fit of these rules and whether it is exact; of exact ones, the simplest's.

    `numbers` are those that the program is made of. What is not exact has constants that are usual
    for the rule, since at others it does what nobody knows it for.
    """
    fits: list[Fit] = []
    late: list[Fit] = []
    exact: list[Fit] = []
    for limit, more in _stages(behaviour, numbers, among):
        for fit in sorted(more, key=lambda fit: fit.known.simplicity):
            if fit.distance > limit:
                continue
            polished = _polished(fit, behaviour)
            if _is_degenerate(polished, behaviour):
                continue
            if polished.distance == 0:
                return polished, True
            if polished.distance <= EXACT:
                exact.append(polished)
        (fits if limit == EXACT else late).extend(more)
    if exact:
        return min(exact, key=lambda fit: fit.known.simplicity), True
    # What was fitted on eight steps is judged on both probes.
    usual = [fit for fit in fits if is_usual(fit) and not _is_degenerate(fit, behaviour)]
    best = [*sorted(_best_of_each_rule(usual), key=_merit)[:_JUDGED], *filter(is_usual, late)]
    judged = [rounded(fit, behaviour) for fit in best]
    return min(judged, key=lambda fit: (_merit(fit), fit.known.simplicity)), False


def _is_degenerate(fit: Fit, behaviour: Behaviour) -> bool:
    """Tells whether most of a rule is idle where it does what a program of few statements does.

    As of RAdam, which at a `beta2` of 0 is the corrected average of gradients.
    """
    at_constants = rebuilt(Family(fit.graph).bound().graph, lambda _builder, _index: None)
    return at_constants.size > _MOST_IDLE * behaviour.graph.size


def _merit(fit: Fit) -> float:
    """Weighs distance against constants: many of them come near to anything on a few steps."""
    return fit.distance * _WORTH_OF_A_CONSTANT ** len(fit.constants)


def _stages(
    behaviour: Behaviour, numbers: Sequence[float], among: Sequence[Known]
) -> Iterator[tuple[float, list[Fit]]]:
    """Yields better fits of ever fewer rules, and the distance from which one may be exact."""
    fits = [try_numbers(known, behaviour.short, numbers) for known in among]
    yield EXACT, fits
    starts = _nearest(fits, _FITTED)
    starts += [without_zeros(fit, behaviour.short) for fit in starts if not all(fit.constants)]
    fits = [by_least_squares(start, behaviour.short) for start in starts]
    yield EXACT, fits
    best = _nearest(_best_of_each_rule(fits), _DRAWN)
    fits = [fit for fit in best if fit.distance < _FARTHEST_DRAWN]
    for number in range(_DRAWS):
        starts = [drawn(fit.known, behaviour.short, number) for fit in fits]
        yield EXACT, [by_least_squares(start, behaviour.short) for start in starts]
    for fit in fits:
        if is_flat(fit, behaviour.short):
            yield from _stages_of_signs(fit, behaviour, numbers)


def _stages_of_signs(
    fit: Fit, behaviour: Behaviour, numbers: Sequence[float]
) -> Iterator[tuple[float, list[Fit]]]:
    """Yields fits of a rule whose direction moves with no constant by a little."""
    known = fit.known
    draws = [drawn(known, behaviour.short, number) for number in range(_DRAWS_ON_SHORT)]
    moving = min([without_zeros(fit, behaviour.short), *draws], key=_distance)
    coarse = min((by_simplex(start, behaviour.short) for start in (moving, fit)), key=_distance)
    if coarse.distance > _SAME_SIGNS:
        return
    tried = try_numbers(known, behaviour.long, numbers)
    yield _ROUNDED_TO_EXACT, [tried]
    draws = [drawn(known, behaviour.long, number) for number in range(_DRAWS_ON_LONG)]
    starts = [tried, measured(known, coarse.constants, behaviour.long), *draws]
    yield _ROUNDED_TO_EXACT, [by_simplex(min(starts, key=_distance), behaviour.long)]


def _distance(fit: Fit) -> float:
    return fit.distance


def _nearest(fits: Iterable[Fit], number: int) -> list[Fit]:
    return sorted(fits, key=lambda fit: (fit.distance, fit.known.simplicity))[:number]


def _best_of_each_rule(fits: Iterable[Fit]) -> list[Fit]:
    best: dict[str, Fit] = {}
    for fit in sorted(fits, key=lambda fit: fit.distance):
        best.setdefault(fit.known.name, fit)
    return list(best.values())


def _polished(fit: Fit, behaviour: Behaviour) -> Fit:
    """Gives a near fit with its distance on both probes, and with tidy constants where that is 0.

    It is where the rule is then of the program's class.
    """
    apart = behaviour.long.distance(fit.graph)
    if apart <= _ROUNDED_TO_EXACT and (tidy := tidied(fit, behaviour)) is not None:
        return tidy
    if EXACT < apart <= _ROUNDED_TO_EXACT and fit.distance <= EXACT:
        # What hardly shows on the short probe, such as an epsilon, may show on the long one.
        fit = by_least_squares(fit, behaviour.long, _CALLS_ON_LONG)
        if (tidy := tidied(fit, behaviour)) is not None:
            return tidy
    return replace(fit, distance=behaviour.distance(fit.graph))
