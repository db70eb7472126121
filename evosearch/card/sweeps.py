"""Finds the best learning rate of a rule on a task, its constants held as they are.

Rates stand a factor of two apart. Where the best lies at an edge the range grows on that side. The
best rate is where a parabola through the best of them and its neighbours is lowest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from evosearch.card.journal import Journals
from evosearch.errors import EvosearchError
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.graph.structure import structure
from evosearch.language.program import Program
from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Training, carry_out
from evosearch.screening.contender import Contender
from evosearch.screening.family import Family
from proxies import PLAIN, Engine, Task

STEP = 2.0
"""The factor between two rates."""
_FIRST = (-2, -1, 0, 1, 2)
"""The powers of that factor on the task's rate with which a sweep begins."""
_FURTHER = 2
"""The rates by which a range grows at once."""
FEWEST = len(_FIRST)
"""The fewest rates that a sweep may be given."""


@dataclass(frozen=True)
class Rule:
    """Is a rule to be trained, with its constants at its own values."""

    program: Program

    @cached_property
    def family(self) -> Family:
        """Gives the rules of its structure, at its own constants."""
        return Family(structure(self.program).named)

    @cached_property
    def contender(self) -> Contender:
        """Gives the rule ready to train; its program must have passed a search's gates."""
        made = self.family.contender(self.family.defaults)
        assert made is not None, "a rule that passes the gates can train"
        return made

    @cached_property
    def digest(self) -> str:
        """Names the rule's function, constants included."""
        return digest(lower(self.program, bind=True))


@dataclass(frozen=True)
class Means:
    """Holds what trainings need: where losses are kept, the most rates of a sweep, an engine."""

    journals: Journals = field(default_factory=Journals)
    most: int = 10
    """The most rates that one sweep tries."""
    engine: Engine = PLAIN
    tell: Callable[[str], None] = lambda _: None
    """Is given lines of progress."""


@dataclass(frozen=True)
class Sweep:
    """Holds the losses of a rule at several rates, which rise by factors of two."""

    rates: tuple[float, ...]
    """Learning rates relative to the rule's update size."""
    losses: tuple[tuple[float, ...], ...]
    """For each rate, the held-out loss of each seed."""
    enclosed: bool
    """Whether the best rate has worse ones on both sides."""

    @property
    def grid_best(self) -> float:
        """Gives the rate with the lowest mean loss among those that were tried."""
        return self.rates[self._place(None)]

    def best(self, seeds: Sequence[int] | None = None) -> float:
        """Gives the best rate, between those tried, by all seeds or by some, counted from 0.

        It is one that was tried where that has no neighbours of finite loss on both sides.
        """
        place, means = self._place(seeds), self._means(seeds)
        around = means[place - 1 : place + 2] if place else means[:0]
        if len(around) < 3 or not np.all(np.isfinite(around)):
            return self.rates[place]
        below, least, above = around
        bend = below - 2 * least + above
        shift = (below - above) / (2 * bend) if bend > 0 else 0.0
        return float(self.rates[place] * STEP**shift)

    def mean(self, rate: float) -> float:
        """Gives the mean loss at a rate that was tried."""
        return float(np.mean(self.losses[self.rates.index(rate)]))

    def _place(self, seeds: Sequence[int] | None) -> int:
        return int(np.argmin(self._means(seeds)))

    def _means(self, seeds: Sequence[int] | None) -> np.ndarray:
        table = np.array(self.losses)
        means: np.ndarray = np.mean(table if seeds is None else table[:, list(seeds)], axis=1)
        return means


def sweep(
    means: Means, task: Task, rule: Rule, seeds: Sequence[int], also: Sequence[float] = ()
) -> Sweep:
    """Trains a rule at rates around the task's until the best is enclosed, or `means.most` tried.

    Rates that are asked for with `also`, which are of the same grid, are tried in any case.

    Raises:
        EvosearchError: the rule trains at none of them.
    """
    places = list(_FIRST)
    losses = losses_at(means, task, rule, [task.rate * STEP**k for k in places], seeds)
    while True:
        averages = [float(np.mean(losses[task.rate * STEP**k])) for k in places]
        best = int(np.argmin(averages))
        room = min(_FURTHER, means.most - len(places))
        if 0 < best < len(places) - 1 or room <= 0:
            break
        new = [places[0] - 1 - n if best == 0 else places[-1] + 1 + n for n in range(room)]
        losses |= losses_at(means, task, rule, [task.rate * STEP**k for k in new], seeds)
        places = sorted([*places, *new])
    if not np.isfinite(averages[best]):
        raise EvosearchError(
            f"{rule.program.name} trains on {task.name} at no learning rate that was tried: all "
            "losses are infinite; give it other constants, another task, or more rates"
        )
    missing = [rate for rate in also if rate not in losses]
    if missing:
        losses |= losses_at(means, task, rule, missing, seeds)
    rates = tuple(sorted(losses))
    return Sweep(rates, tuple(losses[rate] for rate in rates), enclosed=0 < best < len(places) - 1)


def losses_at(
    means: Means, task: Task, rule: Rule, rates: Sequence[float], seeds: Sequence[int]
) -> dict[float, tuple[float, ...]]:
    """Gives the losses at some rates, trained together, or as they were kept."""
    journal, key = means.journals.of(rule.digest), task.digest()
    kept = {rate: journal.find(key, rate, seeds) for rate in rates}
    known = {rate: own for rate, own in kept.items() if own is not None}
    if len(known) == len(rates):
        return known
    # All of them anew, though some be known, so that they are always trained in one company.
    trainings = [Training(rule.contender, rate, seed) for rate in rates for seed in seeds]
    outcomes = iter(carry_out(task, task.steps, trainings, means.engine))
    made = {rate: tuple(next(outcomes).loss for _ in seeds) for rate in rates}
    journal.add(key, seeds, made)
    return made


def setting(rule: Rule, rate: float) -> Setting:
    """Gives the setting of a rule's own constants at a rate, which is rounded to four digits."""
    return Setting(rate, rule.family.defaults).at(rate)
