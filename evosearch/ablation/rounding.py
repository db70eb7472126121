"""Rounds the constants of a rule, as far as it trains no slower with them so.

A rounded constant is held, while the rate and the other constants are tuned again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evosearch.ablation.judge import Judge
from evosearch.ablation.trials import Trial
from evosearch.ablation.variant import Variant
from evosearch.screening.family import Family, Scale

USUAL = (0.9, 0.95, 0.99, 0.999)
"""The decay rates that the field uses most."""
_DIGITS = (1, 2)


@dataclass(frozen=True, slots=True)
class Rounded:
    """Holds a program's constants by name: all of them, and those that could be rounded."""

    values: Mapping[str, float]
    """What was not rounded is at the middle of the values that were best."""
    round: Mapping[str, float]


def rounded(judge: Judge, program: Variant) -> Rounded:
    """Finds round values with which a program trains no slower than the judge's first, tuned.

    Those near the program's own come first, and then those near what was best.
    """
    family = program.family
    middle = middle_of(family, judge.trials(program))
    near: dict[str, list[float]] = {}
    for name, own, best, scale in zip(
        family.names, family.defaults, middle, family.scales, strict=True
    ):
        near[name] = [*round_values(own, scale), *round_values(best, scale)]
    held = {name: values[0] for name, values in near.items()}
    if held and not _acceptable(judge, program, held):
        held = {}
        for name, values in near.items():
            for value in dict.fromkeys(values):
                if _acceptable(judge, program, held | {name: value}):
                    held[name] = value
                    break
    return Rounded(dict(zip(family.names, middle, strict=True)) | held, held)


def middle_of(family: Family, trials: Sequence[Trial]) -> tuple[float, ...]:
    """Gives the middle of the constants that were best, over trials and tasks."""
    return family.middle([s.constants for trial in trials for s in trial.best.values()])


def round_values(value: float, scale: Scale) -> Iterator[float]:
    """Yields values near a constant, the roundest first, none twice.

    Of a decay rate the nearest usual one comes first. Digits are counted on the constant's scale:
    those of 1 - value for a decay rate.

    >>> list(round_values(0.9873, Scale.DECAY)), list(round_values(-3.14, Scale.SIZE))
    ([0.99, 0.987], [-3.0, -3.1])
    """
    natural = scale.natural(value)
    values = [scale.constant(natural, value, digits) for digits in _DIGITS]
    if scale is Scale.DECAY:
        values.insert(0, min(USUAL, key=lambda usual: abs(scale.natural(usual) - natural)))
    yield from dict.fromkeys(values)


def _acceptable(judge: Judge, program: Variant, held: Mapping[str, float]) -> bool:
    return judge.acceptable([program.holding(held)], "rounding", thorough=True) == [True]
