"""Finds how a rule's direction depends on the size of the gradients.

All gradients of a trajectory are multiplied by a factor c. Where the direction is `c ** p` times
what it was, the rule has *degree* p there: 0 is invariance, 1 is proportionality. An epsilon or a
clip ends such a range, so sizes are cut into ranges of one degree each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from evosearch.card.gradients import Array, directions, root_mean_square, usual_gradients
from evosearch.card.section import Fact, Section, short
from evosearch.graph.graph import Graph

TOLERANCE = 0.01
"""The share of the direction by which it may depart within a range."""
_STEPS = 60
_EXPONENTS = range(-12, 7)
"""The factors tried are these powers of ten."""
_HALVINGS = 12
"""The steps of bisection that place the ends of a range, to 0.1% of its logarithm."""
_DECADES = 3
"""The fewest decades over which a degree that is no whole number is one, and no bend."""
_WIDE = 7
"""The decades below a gradient of size 1 that a range must reach to hold for most models."""


@dataclass(frozen=True)
class Range:
    """Is a range of gradient sizes over which the direction has one degree."""

    low: float
    high: float
    degree: float | None
    """None where the direction changes its shape with the size."""


@dataclass(frozen=True)
class Scaling:
    """Says how the direction depends on the size of the gradients."""

    main: Range
    """The range around gradients of size 1; its ends are those of the sizes tried, or measured."""
    open_low: bool
    open_high: bool
    """Whether the range goes on beyond the sizes that were tried."""
    half: float | None
    """The size below the main range at which the direction is half as large as the degree says."""
    ranges: tuple[Range, ...]
    """All ranges, from the least size, with ends at powers of ten."""
    later: Range | None = None
    """The main range of the later half of the steps, where the whole has no degree."""


def scaling(graph: Graph, skipped: int = 0) -> Scaling:
    """Measures how the direction depends on the size of the gradients, over 18 decades.

    The first steps, `skipped` of them, do not count.
    """
    inputs = usual_gradients(_STEPS)

    @cache
    def at(size: float) -> Array:
        return directions(graph, replace(inputs, gradients=size * inputs.gradients))[skipped:]

    ranges = _ranges(at)
    main = max(
        (one for one in ranges if one.low <= 1.0 <= one.high),
        key=lambda one: (one.degree is not None, one.high / one.low),
    )
    least, greatest = ranges[0].low, ranges[-1].high
    half = None
    if main.degree is not None:
        degree = main.degree
        middle = 10.0 ** round(np.log10(main.low * main.high) / 2)

        def fits(size: float) -> bool:
            return _departure(at, middle, size, degree) <= TOLERANCE

        def is_large(size: float) -> bool:
            sizes = [root_mean_square(at(one)) for one in (size, middle)]
            return bool(sizes[0] >= 0.5 * sizes[1] * (size / middle) ** degree)

        low, high = main.low, main.high
        if low > least:
            low = _border(fits, low, low / 10)
        if high < greatest:
            high = _border(fits, high, high * 10)
        main = Range(low, high, degree)
        if low > least and not is_large(least):
            half = _border(is_large, low, least)
    late = scaling(graph, _STEPS // 2).main if main.degree is None and not skipped else None
    return Scaling(main, main.low <= least, main.high >= greatest, half, tuple(ranges), late)


def _ranges(at: Callable[[float], Array]) -> list[Range]:
    """Cuts the sizes into ranges, each as long as its members fit its first one."""
    sizes = [10.0**exponent for exponent in _EXPONENTS]
    ranges: list[Range] = []
    start = 0
    while start < len(sizes) - 1:
        degree = _degree(at, sizes[start], sizes[start + 1])
        end = start + 1
        if degree is not None:
            while (
                end + 1 < len(sizes)
                and _departure(at, sizes[start], sizes[end + 1], degree) <= TOLERANCE
            ):
                end += 1
            if degree not in (0.0, 1.0) and end - start < _DECADES:
                degree, end = None, start + 1
        if degree is None and ranges and ranges[-1].degree is None:
            ranges[-1] = replace(ranges[-1], high=sizes[end])
        else:
            ranges.append(Range(sizes[start], sizes[end], degree))
        start = end
    return ranges


def _degree(at: Callable[[float], Array], low: float, high: float) -> float | None:
    """Finds the degree between two sizes; None where the direction is not the same but for one."""
    before, after = root_mean_square(at(low)), root_mean_square(at(high))
    if before == after == 0:
        return 0.0
    if not (0 < before < np.inf and 0 < after < np.inf):
        return None
    measured = float(np.log(after / before) / np.log(high / low))
    for degree in (round(measured), measured):
        if _departure(at, low, high, degree) <= TOLERANCE:
            return float(degree)
    return None


def _departure(at: Callable[[float], Array], own: float, other: float, degree: float) -> float:
    """Measures how far the direction at another size is from what a degree says, as a share."""
    expected, actual = at(own), at(other) / (other / own) ** degree
    size = root_mean_square(expected)
    apart = root_mean_square(actual - expected)
    if size == 0:
        return 0.0 if apart == 0 else np.inf
    return apart / size if np.isfinite(apart) and np.isfinite(size) else np.inf


def _border(holds: Callable[[float], bool], inside: float, outside: float) -> float:
    """Finds by bisection how far from `inside` towards `outside` something holds."""
    for _ in range(_HALVINGS):
        middle = float(np.sqrt(inside * outside))
        if holds(middle):
            inside = middle
        else:
            outside = middle
    return inside


def scaling_section(graph: Graph) -> Section:
    """Tells how the direction depends on the size of the gradients."""
    values = scaling(graph)
    main = values.main
    facts = [
        Fact("direction, all gradients c times as large", _kind(main.degree)),
        Fact("for gradients of size", _told(values)),
    ]
    if values.half is not None:
        facts.append(Fact("half of that size is lost at gradients of", short(values.half)))
    others = [one for one in values.ranges if not one.low <= 1.0 <= one.high]
    facts += [
        Fact(f"gradients of {short(one.low)} to {short(one.high)}", _kind(one.degree))
        for one in others
    ]
    if values.later is not None:
        facts.append(Fact(f"after the first {_STEPS // 2} steps", _kind(values.later.degree)))
    return Section(
        "gradient_scale",
        "Scale of the gradients",
        f"All gradients of {_STEPS} steps, whose root mean square is 1, were multiplied by powers "
        "of ten from 1e-12 to 1e6; a range ends where the directions depart by 1%.",
        tuple(facts),
        _meaning(values),
        values,
    )


def _kind(degree: float | None) -> str:
    if degree is None:
        return "neither invariant nor proportional: it changes its shape"
    if degree == 0:
        return "invariant: it stays the same"
    if degree == 1:
        return "equivariant: c times as large"
    return f"c ** {degree:.3g} times as large"


def _told(values: Scaling) -> str:
    low, high = short(values.main.low), short(values.main.high)
    return (
        f"{low}{' or less' if values.open_low else ''} to "
        f"{high}{' or more' if values.open_high else ''}"
    )


def _meaning(values: Scaling) -> str:
    main = values.main
    if values.later is not None and values.later.degree is not None:
        return (
            "Only at first does it matter how large gradients are; later the direction is "
            f"{_kind(values.later.degree).partition(':')[0]}. Large gradients at the start of a "
            "training call for a warm-up of the learning rate."
        )
    if main.degree is None:
        return (
            "What the rule does depends on the size of the gradients in no simple way: tune it at "
            "the loss scale at which it will be used, and expect a rate not to carry over to "
            "another loss, batch or model."
        )
    if main.degree == 0:
        first = (
            "Multiplying the loss by a constant changes nothing, and gradients that are larger all "
            "along make no larger steps"
        )
        if values.open_low:
            return f"{first}, however small the gradients become; no epsilon needs attention."
        end = (
            ", and those of large models can be smaller"
            if main.low > 10.0**-_WIDE
            else ", far below those of most models"
        )
        return (
            f"{first}, as long as gradients stay above {short(main.low)}{end}; unscale gradients "
            "before the step in mixed precision all the same, for below that steps shrink."
        )
    if main.degree < 0:
        return (
            "The smaller the gradients, the larger the steps: near a minimum, where gradients "
            "vanish, the rule leaps away."
        )
    first = (
        "A loss that is multiplied by c makes steps c times as large"
        if main.degree == 1
        else f"A loss that is multiplied by c makes steps c ** {main.degree:.3g} times as large"
    )
    end = "" if values.open_low and values.open_high else f" (for gradients of {_told(values)})"
    return (
        f"{first}{end}: the learning rate belongs to the loss's scale, gradients must be unscaled "
        "before the step, and one huge gradient is one huge step unless you clip."
    )
