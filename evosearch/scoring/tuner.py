"""Tunes the learning rate and the constants of rules together, by one procedure for all of them.

A tuner works in generations. The first holds its starting points at several rates, and draws around
them and among the field's usual values; each further one is drawn likewise around the best settings
so far, more and more narrowly (`evosearch.scoring.proposals`). Within a generation settings race
(`evosearch.scoring.racing`). At last the best few are trained on fresh seeds, on which no draw and
no race depended; these have a say in which of the few is best, and the loss on them is what counts.
The budget is in replica-steps; `scripts/study_tuners.py` compares this with other ways to spend it.

Learning rates are relative to the rule's update size on the probe, so that one range suits rules of
any scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evosearch.scoring.proposals import first_settings, later_settings
from evosearch.scoring.racing import Race, marks, racing_share, racing_steps
from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import (
    LARGEST_COHORT,
    Evaluation,
    Training,
    evaluation,
    train_together,
)
from evosearch.screening.contender import Contender
from evosearch.screening.family import Family
from proxies import PLAIN, Engine, Rungs, Task
from proxies.keys import generator

GENERATIONS = 6
"""The generations over which the budget is spread."""
_FEWEST = 8
"""The fewest settings of a generation."""
ELITE = 3
"""The settings around which the next generation is drawn, and of which the losses are taken."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Says what to tune, and with what means."""

    family: Family
    key: tuple[str | int, ...]
    """The key of all draws."""
    budget: int
    """The replica-steps that may be spent, those on fresh seeds among them. One generation is raced
    and measured in any case."""
    seeds: tuple[int, ...]
    """The seeds on which settings are compared."""
    fresh_seeds: tuple[int, ...]
    """The seeds on which the best settings are trained again."""
    starts: tuple[Setting, ...] = ()
    """Settings to start from; by default the family's defaults, at rates around the task's."""
    limits: tuple[float, ...] = ()
    """The recent loss at each rung that the first generation's best must not exceed."""
    hopeless: float = np.inf
    """The loss above which, after the first generation, the rule is not tuned further."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """Holds what tuning gave: the best setting, and its losses on fresh seeds."""

    best: Setting
    losses: dict[int, float]
    """The losses of the best setting by fresh seed; empty where the rule was given up before."""
    evaluations: tuple[Evaluation, ...]
    """The trainings that ran to the end, or diverged, in order."""
    spent: int
    """The replica-steps that were spent; a training that diverges counts up to the next rung."""
    given_up: bool = False
    """Whether the rule was halted, was hopeless, or never came to a finite loss."""
    halted: bool = False
    """Whether it exceeded a rung limit."""
    rungs: tuple[float, ...] = ()
    """The recent training loss of the first generation's best setting at each rung."""

    @property
    def loss(self) -> float:
        """Gives the mean loss of the best setting, on fresh seeds if it was trained on them."""
        own = [e.loss for e in self.evaluations if e.setting == self.best]
        return float(np.mean(list(self.losses.values()) or own or [np.inf]))


def tune(task: Task, wishes: Sequence[Wish], steps: int, engine: Engine = PLAIN) -> list[Tuned]:
    """Tunes rules on a task for trainings of `steps`; what several ask for is trained together."""
    tuners = [_Tuner(task, wish, steps) for wish in wishes]
    while asked := [(tuner, trainings) for tuner in tuners if (trainings := tuner.ask())]:
        for cohort in _cohorts(asked):
            _train(task, steps, cohort, engine)
    return [tuner.result() for tuner in tuners]


_Asked = tuple["_Tuner", list[Training]]


def _cohorts(asked: Sequence[_Asked]) -> Iterator[list[_Asked]]:
    """Groups what tuners ask for; a group holds all of a tuner's, since they race each other."""
    cohort: list[_Asked] = []
    for one in asked:
        if cohort and sum(len(t) for _, t in cohort) + len(one[1]) > LARGEST_COHORT:
            yield cohort
            cohort = []
        cohort.append(one)
    yield cohort


def _train(task: Task, steps: int, cohort: Sequence[_Asked], engine: Engine) -> None:
    """Trains what a cohort asked for, each tuner judging its own, and tells them the losses."""
    ends = np.cumsum([len(trainings) for _, trainings in cohort])
    own = [
        (tuner, slice(end - len(trainings), end))
        for end, (tuner, trainings) in zip(ends, cohort, strict=True)
    ]

    def judge(rung: int, losses: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.concatenate([tuner.judge(rung, losses[rows]) for tuner, rows in own])

    trainings = [training for _, some in cohort for training in some]
    losses = train_together(task, steps, trainings, engine, Rungs(marks(steps), judge))
    for tuner, rows in own:
        tuner.tell(losses[rows])


class _Tuner:
    """Asks for trainings and is told how they went, until its budget is spent."""

    def __init__(self, task: Task, wish: Wish, steps: int) -> None:
        self._task, self._wish, self._steps = task, wish, steps
        self._known: dict[Setting, Contender] = {}
        self._evaluations: list[Evaluation] = []
        self._losses: dict[Setting, dict[int, float]] = {}
        self._spent = self._generation = 0
        self._rungs: tuple[float, ...] = ()
        self._given_up = self._halted = self._measured = False
        # What was asked for last: how it is judged, None where it is trained to the end, and the
        # steps that each training takes.
        self._asked: list[Training] = []
        self._race: Race | None = None
        self._taken = np.zeros(0, dtype=np.int64)

    def ask(self) -> list[Training]:
        """Gives the trainings to carry out next, none at the end."""
        seeds: tuple[int, ...] = ()
        settings: list[Setting] = []
        if not (self._given_up or self._measured):
            seeds, settings = self._wish.seeds, self._proposed()
            limits = () if self._generation else self._wish.limits
            self._race = Race([i for i in range(len(settings)) for _ in seeds], limits)
            self._generation += 1
            if not settings:
                seeds, settings = self._wish.fresh_seeds, self._elite()
                self._race, self._measured, self._given_up = None, True, not settings
        self._asked = [Training(self._known[s], s.rate, seed) for s in settings for seed in seeds]
        self._taken = np.full(len(self._asked), self._steps)
        return self._asked

    def judge(self, rung: int, losses: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tells which of the trainings go on, `[k]`, by their recent losses, `[k]`."""
        if self._race is None:
            return np.ones(len(losses), dtype=bool)
        going = self._race.judge(rung, losses)
        ended = ~going | np.isinf(losses)
        self._taken[ended] = np.minimum(self._taken[ended], marks(self._steps)[rung])
        return going

    def tell(self, losses: NDArray[np.float64]) -> None:
        """Takes the losses of what was asked for, `[k]`; NaN where a training was stopped."""
        self._spent += int(self._taken.sum())
        for training, loss in zip(self._asked, losses.tolist(), strict=True):
            if not np.isnan(loss):
                self._evaluations.append(evaluation(self._task, self._steps, training, loss))
                self._losses.setdefault(training.setting, {})[training.seed] = loss
        if self._race is not None and self._generation == 1:
            self._rungs = tuple(self._race.best)
            elite = self._elite()
            hopeless = not elite or self._mean(elite[0], self._wish.seeds) > self._wish.hopeless
            self._halted = self._race.halted
            self._given_up = self._halted or hopeless

    def result(self) -> Tuned:
        """Gives the setting with the lowest mean over all seeds, fresh ones among them if any."""
        elite = self._elite() or [Setting(self._task.rate, self._wish.family.defaults)]
        seeds = (*self._wish.seeds, *self._wish.fresh_seeds)
        best = min(elite, key=lambda setting: self._mean(setting, seeds))
        own = self._losses.get(best, {})
        fresh = {seed: own[seed] for seed in self._wish.fresh_seeds if seed in own}
        return Tuned(
            best,
            fresh,
            tuple(self._evaluations),
            self._spent,
            self._given_up,
            self._halted,
            self._rungs,
        )

    def _proposed(self) -> list[Setting]:
        """Gives the next generation, of settings that are new and can be trained.

        It is empty where what is left of the budget does not suffice for one.
        """
        family, generation, count = self._wish.family, self._generation, self._affordable()
        draw = generator("tune", *self._wish.key, self._task.name, generation)
        if not generation:
            count = max(count, _FEWEST)
            proposed = first_settings(family, self._task.rate, self._wish.starts, count, draw)
        elif count < _FEWEST:
            return []
        else:
            rates = [setting.rate for setting in self._known]
            proposed = later_settings(family, self._elite(), rates, generation, count, draw)
        possible = []
        for setting in dict.fromkeys(proposed):
            if setting not in self._known:
                contender = family.contender(setting.constants)
                if contender is not None:
                    self._known[setting] = contender
                    possible.append(setting)
        return possible

    def _affordable(self) -> int:
        """Counts the settings of a generation, if what is left is spread over those to come.

        At least the fewest are taken if they can be paid at all.
        """
        seeds = len(self._wish.seeds)
        last = ELITE * len(self._wish.fresh_seeds) * self._steps
        left = self._wish.budget - last - self._spent
        share = left / max(1, GENERATIONS - self._generation)
        count = max(_FEWEST, int(share / (racing_share(self._steps) * self._steps * seeds)))
        while count and racing_steps(count, self._steps) * seeds > left:
            count -= 1  # halving rounds up, so a generation takes a little more than its share
        return count

    def _mean(self, setting: Setting, seeds: Sequence[int]) -> float:
        """Averages the losses of a setting on those of some seeds on which it was trained."""
        own = self._losses.get(setting, {})
        return float(np.mean([own[seed] for seed in seeds if seed in own] or [np.inf]))

    def _elite(self) -> list[Setting]:
        """Gives the best settings that came to a finite loss, best first."""
        means = {setting: self._mean(setting, self._wish.seeds) for setting in self._losses}
        finite = [setting for setting, mean in means.items() if np.isfinite(mean)]
        return sorted(finite, key=means.__getitem__)[:ELITE]
