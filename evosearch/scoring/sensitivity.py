"""Finds how far each part of a setting can move before the loss leaves its noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Training, carry_out
from evosearch.screening.family import Family
from proxies import PLAIN, Engine, Task

REACHES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""How far values are moved to either side, on the constant's own scale; 1 is a factor of e."""
_NOISE = 2.0
"""The standard errors of the paired difference that count as noise."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Says within which range of a value the loss stays inside its noise, all else as it is."""

    name: str
    value: float
    low: float
    high: float
    """The range, among the values that were tried."""
    open_low: bool
    open_high: bool
    """Whether the furthest value tried on that side was still inside."""


def sensitivities(
    task: Task,
    family: Family,
    best: Setting,
    losses: Sequence[float],
    seeds: Sequence[int],
    engine: Engine = PLAIN,
    reaches: Sequence[float] = REACHES,
    steps: int | None = None,
) -> Iterator[Sensitivity]:
    """Trains a rule with each of its values moved alone; yields the rate's range, then the others'.

    `losses` are those of the `best` setting on the `seeds`, on which the others are trained too,
    for the task's `steps` unless told otherwise. A value is inside the noise if its mean loss
    exceeds the best one by less than two standard errors of the difference.
    """
    for place, name in enumerate(("rate", *family.names)):
        own = _value(best, place)
        sides = [
            [_moved(family, best, place, sign * reach) for reach in reaches] for sign in (-1.0, 1.0)
        ]
        excess = _excess(
            task, family, [*sides[0], *sides[1]], losses, seeds, engine, steps or task.steps
        )
        inside, open_low, open_high = [own], False, False
        for tried, outside in zip(
            sides, (excess[: len(reaches)], excess[len(reaches) :]), strict=True
        ):
            count = outside.index(True) if True in outside else len(tried)
            inside += [_value(setting, place) for setting in tried[:count]]
            if count == len(tried):
                open_low |= inside[-1] < own
                open_high |= inside[-1] > own
        yield Sensitivity(name, own, min(inside), max(inside), open_low, open_high)


def _moved(family: Family, setting: Setting, place: int, reach: float) -> Setting:
    """Moves the rate (place 0) or a constant by `reach` on its scale."""
    if place == 0:
        return setting._replace(rate=setting.rate * float(np.exp(reach)))
    constants = list(setting.constants)
    scale, value = family.scales[place - 1], constants[place - 1]
    constants[place - 1] = scale.constant(scale.natural(value) + reach, value)
    return setting._replace(constants=tuple(constants))


def _value(setting: Setting, place: int) -> float:
    return setting.rate if place == 0 else setting.constants[place - 1]


def _excess(
    task: Task,
    family: Family,
    tried: Sequence[Setting],
    losses: Sequence[float],
    seeds: Sequence[int],
    engine: Engine,
    steps: int,
) -> list[bool]:
    """Tells of each setting whether its losses leave the noise."""
    contenders = [family.contender(setting.constants) for setting in tried]
    trainings = [
        Training(contender, setting.rate, seed)
        for setting, contender in zip(tried, contenders, strict=True)
        if contender
        for seed in seeds
    ]
    outcomes = iter(carry_out(task, steps, trainings, engine))
    return [
        contender is None or _leaves([next(outcomes).loss for _ in seeds], losses)
        for contender in contenders
    ]


def _leaves(own: Sequence[float], losses: Sequence[float]) -> bool:
    if not np.all(np.isfinite(own)):
        return True
    differences = np.subtract(own, losses)
    error = np.std(differences, ddof=1) / np.sqrt(len(differences))
    return bool(np.mean(differences) > _NOISE * error)
