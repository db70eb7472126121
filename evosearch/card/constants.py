"""Tells within which range the rate and each constant keep the loss inside its noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evosearch.card.section import Fact, Section
from evosearch.card.sweeps import Means, Rule, Sweep, losses_at, setting
from evosearch.scoring.sensitivity import Sensitivity, sensitivities
from evosearch.screening.family import Scale
from proxies import Task

_NARROW = 1.5
"""The factor, to either side, up to which a range is narrow."""


@dataclass(frozen=True)
class Constants:
    """Holds the range of the rate, first, and of each constant."""

    task: str
    ranges: tuple[Sensitivity, ...]
    factors: tuple[tuple[float, float], ...]
    """For each, the factors down and up within which it can move; of a decay rate, of 1 - rate,
    the first towards 1."""
    literals: tuple[str, ...]
    """The made-up names of those that are bare numbers in the program."""
    update_size: float
    """What the relative rate must be divided by for the learning rate of an optimizer."""


def constants(
    means: Means, task: Task, rule: Rule, swept: Sweep, seeds: Sequence[int]
) -> Constants:
    """Moves the rate and each constant alone, from the rule's own constants and its best rate."""
    best = setting(rule, swept.best())
    losses = losses_at(means, task, rule, [best.rate], seeds)[best.rate]
    family = rule.family
    ranges: list[Sensitivity] = []
    for one in sensitivities(task, family, best, losses, seeds, means.engine):
        means.tell(f"ranges on {task.name}: {len(ranges) + 1}/{1 + len(family.names)} {one.name}")
        ranges.append(one)
    scales = (Scale.SIZE, *family.scales)
    factors = tuple(_factors(one, scale) for one, scale in zip(ranges, scales, strict=True))
    written = dict(rule.program.hyperparameters)
    literals = tuple(name for name in family.names if name not in written)
    return Constants(task.name, tuple(ranges), factors, literals, rule.contender.update_size)


def _factors(one: Sensitivity, scale: Scale) -> tuple[float, float]:
    """Gives how far a constant moves down and up on its scale, as factors of at least 1."""
    if scale is Scale.DECAY:
        own = max(1 - one.value, 1e-6)
        return own / max(1 - one.high, 1e-6), (1 - one.low) / own
    if scale is Scale.ZERO or not one.value:
        return float("inf"), float("inf")
    ratios = sorted([abs(one.low / one.value), abs(one.high / one.value)])
    return 1 / ratios[0] if ratios[0] else float("inf"), ratios[1]


def constants_section(values: Constants, seeds: int) -> Section:
    """Tells how far the rate and the constants can move."""
    facts = []
    for place, one in enumerate(values.ranges):
        size = values.update_size if place == 0 else 1.0
        name = "learning rate" if place == 0 else one.name
        if one.name in values.literals:
            name = "literal"
        facts.append(Fact(f"{name} {one.value / size:.4g}", _range(one, size)))
    return Section(
        "constants",
        "Range of each constant",
        f"On {values.task} each value was moved alone by factors of e ** (1/4, 1/2, 1, 2, 4), of a "
        f"decay rate 1 - rate; it is inside while the loss stays within 2 standard errors of what "
        f"it is unmoved ({seeds} seeds).",
        tuple(facts),
        _meaning(values),
        values,
    )


def _range(one: Sensitivity, size: float) -> str:
    """Tells a range in the units of an optimizer, and where nothing near is inside."""
    if one.low == one.high:
        return "no other value that was tried is inside"
    below, above = " or less" * one.open_low, " or more" * one.open_high
    told = f"from {one.low / size:.6g}{below} to {one.high / size:.6g}{above}"
    if one.low == one.value:
        return f"{told}; no lower value that was tried is inside"
    if one.high == one.value:
        return f"{told}; no higher value that was tried is inside"
    return told


def _meaning(values: Constants) -> str:
    names = ["the learning rate"]
    for one in values.ranges[1:]:
        names.append(f"the literal {one.value:.4g}" if one.name in values.literals else one.name)
    narrow = [
        name
        for name, (down, up) in zip(names, values.factors, strict=True)
        if min(down, up) < _NARROW
    ]
    wide = [name for name in names if name not in narrow]
    told = []
    if narrow:
        told.append(f"Tune {_listed(narrow)}: to one side at least there is little room.")
    if wide:
        told.append(f"Leave {_listed(wide)} as they are." if len(wide) > 1 else _leave(wide[0]))
    told.append("What is a range on a small task is a hint elsewhere.")
    return " ".join(told)


def _leave(name: str) -> str:
    return f"Leave {name} as it is."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
