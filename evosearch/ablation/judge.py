"""Tells by trials whether a variant trains as fast as the program that it comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evosearch.ablation.difference import (
    Difference,
    by_trial,
    difference,
    usual_noise,
)
from evosearch.ablation.journal import Journal
from evosearch.ablation.trials import Entry, Trial, carry_out
from evosearch.ablation.variant import Variant
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.search.genotype import Genotype
from evosearch.search.work import Executor, Load
from proxies import PLAIN, Engine

BUDGET = 48
"""The trainings that tuning spends on a variant and task in each trial, unless told otherwise."""
_TRIALS = 3
"""The trials on which a change is judged, and the further ones where they leave it open."""
_HOPELESS = 0.8
"""The speed in the first trial below which there is no other."""
_OPEN_LOW, _OPEN_HIGH = 0.9, 0.98
"""Between these speeds a change is tried as often again."""
_FIRST_BUDGET = 3
"""The factor by which the program that everything is compared with is tuned longer at first."""
_FIRST, _CONFIRMING = 1000, 2000
"""The numbers of that trial, and of the first of those in which the result is confirmed."""
_TUNED_TOGETHER = 3
"""The variants in one piece of work."""

Progress = Callable[[str], None]
"""Is told, in a line, what is done, how much of it, and how much there is."""


@dataclass(frozen=True)
class Means:
    """Says with what variants are measured."""

    tasks: Sequence[MeasuredTask]
    executor: Executor
    budget: int = BUDGET
    """The trainings that tuning may spend on a variant and task in each trial."""
    seed: int = 0
    engine: Engine = PLAIN


class Judge:
    """Measures variants of one program, and carries each trial out once."""

    def __init__(self, program: Variant, means: Means, journal: Journal, tell: Progress) -> None:
        self._means, self._journal, self._tell = means, journal, tell
        self._counts: dict[str, int] = {}
        self._tried: dict[str, Variant] = {}
        self.first = program
        self._expected: dict[str, float] = {}
        self._parent = Genotype(program.program)
        (trial,) = self._carried_out([program], _FIRST, "tuning", _FIRST_BUDGET)
        self._expected = dict(trial.logs)
        self.inherit(program, trial)

    def inherit(self, variant: Variant, trial: Trial) -> None:
        """Lets further variants start from the settings that were best for this one."""
        # All constants must have a place there, so no variant with held ones can be a parent.
        self._parent = Genotype(variant.program, variant.family.names, trial.best)

    def acceptable(
        self, variants: Sequence[Variant], what: str, thorough: bool = False
    ) -> list[bool]:
        """Tells of each variant whether it is no slower than the first program.

        One that failed in any of its trials is not. With `thorough`, each gets as many trials as
        one that is hard to tell, for some fail now and then only.
        """
        self._try([self.first], _TRIALS, what)
        self._try(variants, 1, what)
        alive = [v for v in variants if self._speed(v) >= _HOPELESS]
        self._try(alive, _TRIALS, what)
        again = [v for v in alive if self._unclear(v) or (thorough and self._holds(v))]
        if again:
            self._try([self.first], 2 * _TRIALS, what)
            self._try(again, 2 * _TRIALS, what)
        return [v in alive and self._holds(v) for v in variants]

    def over(self, variant: Variant, other: Variant | None = None) -> Difference:
        """Gives the speed of a variant relative to another, by default the first program."""
        base, ours = self.trials(other or self.first), self.trials(variant)
        series = [by_trial(self.trials(one), base) for one in self._tried.values()]
        noise = usual_noise([own for own in series if any(own)])
        return difference(by_trial(ours, base), noise, ours[-1].given_up)

    def confirmed(self, variant: Variant) -> Difference:
        """Measures a variant against the first program in trials that chose nothing."""
        series = []
        for number in range(_CONFIRMING, _CONFIRMING + 2 * _TRIALS):
            ours, base = self._carried_out([variant, self.first], number, "confirming")
            series += by_trial([ours], [base])
        return difference(series, usual_noise([]), ours.given_up)

    def trials(self, variant: Variant) -> list[Trial]:
        """Gives the trials of a variant that has some."""
        return [self._trial(variant.key, number) for number in range(self._counts[variant.key])]

    def measured(self, variants: Sequence[Variant], what: str) -> None:
        """Sees to it that variants have as many trials as say something of each."""
        self._try(variants, 1, what)
        self._try([v for v in variants if self._speed(v) >= _HOPELESS], _TRIALS, what)

    def _try(self, variants: Sequence[Variant], trials: int, what: str) -> None:
        for number in range(trials):
            missing = {v.key: v for v in variants if self._counts.get(v.key, 0) <= number}
            self._carried_out(list(missing.values()), number, f"{what}, tuning {number + 1}")
            self._counts |= dict.fromkeys(missing, number + 1)
            self._tried |= missing

    def _carried_out(
        self, variants: Sequence[Variant], number: int, what: str, budget: int = 1
    ) -> list[Trial]:
        missing = [v for v in variants if self._journal.find(v.key, number) is None]
        means = self._means
        groups = [
            missing[start : start + _TUNED_TOGETHER]
            for start in range(0, len(missing), _TUNED_TOGETHER)
        ]
        work = [
            means.executor.submit(
                carry_out,
                [Entry(v.family, v.starts(self._parent), self._expected) for v in group],
                means.tasks,
                budget * means.budget,
                number,
                means.seed,
                means.engine,
                loads=[
                    Load(
                        task,
                        len(group) * budget * means.budget * yardstick.steps,
                        means.engine.device,
                    )
                    for task, yardstick in means.tasks
                ],
            )
            for group in groups
        ]
        done = 0
        for group, pending in zip(groups, work, strict=True):
            for variant, trial in zip(group, pending.result(), strict=True):
                self._journal.add(variant.key, number, trial)
            done += len(group)
            self._tell(f"{what}: {done}/{len(missing)}")
        return [self._trial(v.key, number) for v in variants]

    def _trial(self, key: str, number: int) -> Trial:
        trial = self._journal.find(key, number)
        assert trial is not None, f"trial {number} of {key} was carried out"
        return trial

    def _speed(self, variant: Variant) -> float:
        """Gives the speed in the first trial relative to the first program's; 0 if hopeless."""
        ours, base = self.trials(variant)[:1], self.trials(self.first)[:1]
        return 0.0 if ours[0].given_up else float(np.exp2(by_trial(ours, base)[0]))

    def _holds(self, variant: Variant) -> bool:
        """Tells whether a variant is no slower by its trials so far, and failed in none."""
        failed = any(trial.given_up for trial in self.trials(variant))
        return not failed and not self.over(variant).worse

    def _unclear(self, variant: Variant) -> bool:
        speed = self.over(variant)
        return speed.speed > _OPEN_LOW if speed.worse else speed.speed < _OPEN_HIGH
