"""Says what is to be trained on a task for its training curves: rules, settings and seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evosearch.scoring.setting import Setting
from evosearch.screening.family import Family

SEEDS = 4
"""The most trainings of a rule on a task."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Is a rule that is to be trained, once for each setting and seed."""

    name: str
    family: Family
    trainings: tuple[tuple[Setting, int], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Says what is to be trained on a task."""

    task: str
    steps: int
    runners: tuple[Runner, ...]
    """The rule, AdamW, other baselines; all have the same seeds."""
    source: str
    """Says in whose tuning the settings came out best."""
    decay_themselves: bool = False
    """Whether weight decay is a part of the rules, and not of the task."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """Gives the seed of each training of a rule."""
        return tuple(seed for _, seed in self.runners[0].trainings)

    @property
    def asked(self) -> dict[str, Any]:
        """Names all that the curves depend on but for the machine and the versions, as JSON has it.

        A candidate's number stands for its program.
        """
        runners = [
            [one.name, [[seed, rate, list(own)] for (rate, own), seed in one.trainings]]
            for one in self.runners
        ]
        return {"steps": self.steps, "source": self.source, "runners": runners}
