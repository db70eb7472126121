"""Tunes the learning rate and the constants of rules together, by one procedure for all of them.

A tuner works in generations. The first holds its starting points at several rates, and draws around
them and among the field's usual values; each further one is drawn more narrowly around the best
settings so far. Within a generation settings race (`evosearch.scoring.racing`). At last the best few
are trained on seeds that nothing was chosen by, and the loss there is what counts. The budget is in
replica-steps; `scripts/study_tuners.py` compares this with other ways to spend it.

Learning rates are relative to the rule's update size on the probe, so that one range suits rules of
any scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from evosearch.scoring.racing import Race, marks, racing_share
from evosearch.scoring.setting import Setting, draw_setting
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

RATES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Factors on the task's own rate, with which a rule is tried of which no good setting is known."""
_NEAR_RATES = (1.0, 0.5, 2.0)
"""Factors on the rate of a setting that was good, such as the parent's best."""
_GROWTH = 2.0
"""The factor by which the rate is moved on where the best one is the least or greatest so far."""
GENERATIONS = 6
"""The generations over which the budget is spread."""
_FEWEST = 8
"""The fewest settings of a generation."""
_NARROWER = 0.65
"""The factor by which the draws of each generation are narrower than those of the one before."""
_ELITE = 3
"""The settings around which the next generation is drawn, and of which the losses are taken."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Says what to tune, and with what means."""

    family: Family
    key: tuple[str | int, ...]
    """The key of all draws."""
    budget: int
    """The replica-steps that may be spent; one generation is raced in any case."""
    seeds: tuple[int, ...]
    """The seeds on which settings are compared."""
    fresh_seeds: tuple[int, ...]
    """The seeds on which the best settings are trained again."""
    starts: tuple[Setting, ...] = ()
    """Settings to start from; the family's defaults at the task's own rate stand before them if
    none is given."""
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
    """The trainings that ran to the end, or diverged, in order; none are on two seeds at once."""
    spent: int
    """The replica-steps that were spent."""
    given_up: bool = False
    """Whether the rule was halted or hopeless."""
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
        slice(end - len(trainings), end) for end, (_, trainings) in zip(ends, cohort, strict=True)
    ]

    def judge(rung: int, losses: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [tuner.judge(rung, losses[rows]) for (tuner, _), rows in zip(cohort, own, strict=True)]
        )

    trainings = [training for _, trainings in cohort for training in trainings]
    losses = train_together(task, steps, trainings, engine, Rungs(marks(steps), judge))
    for (tuner, _), rows in zip(cohort, own, strict=True):
        tuner.tell(losses[rows])


@dataclass
class _Tuner:
    """Asks for trainings and is told how they went, until its budget is spent."""

    task: Task
    wish: Wish
    steps: int
    spent: int = 0
    generation: int = 0
    evaluations: list[Evaluation] = field(default_factory=list)
    rungs: tuple[float, ...] = ()
    given_up: bool = False
    halted: bool = False
    measured: bool = False
    trainings: list[Training] = field(default_factory=list)
    """What was asked for last."""
    race: Race | None = None
    """How it is judged; None where it is trained to the end."""
    known: dict[Setting, Contender] = field(default_factory=dict)

    def ask(self) -> list[Training]:
        """Gives the trainings to carry out next, none at the end."""
        if self.given_up or self.measured:
            self.trainings = []
        elif self.generation and not self._affords_another():
            self.measured, self.race = True, None
            self.trainings = self._trainings(self._elite(), self.wish.fresh_seeds)
        else:
            settings = self._drawn() if self.generation else self._first()
            self.trainings = self._trainings(settings, self.wish.seeds)
            owners = [i for i in range(len(settings)) for _ in self.wish.seeds]
            limits = () if self.generation else self.wish.limits
            self.race = Race(owners, limits)
            self.generation += 1
        return self.trainings

    def judge(self, rung: int, losses: np.ndarray) -> np.ndarray:
        """Tells which of the trainings go on; they are counted as far as they came."""
        if self.race is None:
            return np.ones(len(losses), dtype=bool)
        going = self.race.judge(rung, losses)
        stopped = ~np.isnan(losses) & ~going
        self.spent += int(stopped.sum()) * marks(self.steps)[rung]
        return going

    def tell(self, losses: np.ndarray) -> None:
        """Takes the losses of what was asked for; NaN where a training was stopped."""
        ended = ~np.isnan(losses)
        self.spent += int(ended.sum()) * self.steps
        for training, loss in zip(self.trainings, losses.tolist(), strict=True):
            if not np.isnan(loss):
                self.evaluations.append(evaluation(self.task, self.steps, training, loss))
        if self.race is not None and self.generation == 1:
            self.rungs = tuple(self.race.best)
            best = self._mean(self._elite()[0]) if self.evaluations else np.inf
            self.halted = self.race.halted
            self.given_up = self.halted or best > self.wish.hopeless or not np.isfinite(best)

    def result(self) -> Tuned:
        best = self._best()
        fresh = {} if self.given_up else self._losses(best, self.wish.fresh_seeds)
        return Tuned(
            best,
            fresh,
            tuple(self.evaluations),
            self.spent,
            self.given_up,
            self.halted,
            self.rungs,
        )

    def _affords_another(self) -> bool:
        """Tells whether a generation of the usual cost and the last trainings are affordable."""
        return self.spent + self.spent / self.generation + self._last() <= self.wish.budget

    def _last(self) -> int:
        """Counts the replica-steps of the last trainings, of the best settings on fresh seeds."""
        return _ELITE * len(self.wish.fresh_seeds) * self.steps

    def _size(self) -> int:
        """Gives the number of settings of a generation, by the budget."""
        share = racing_share(self.steps) * self.steps * len(self.wish.seeds)
        return max(_FEWEST, int((self.wish.budget - self._last()) / GENERATIONS / share))

    def _first(self) -> list[Setting]:
        family, starts = self.wish.family, self.wish.starts
        if starts:
            settings = [_at(s, s.rate * factor) for s in starts for factor in _NEAR_RATES]
            centres = starts
        else:
            settings = [Setting(self.task.rate * factor, family.defaults) for factor in RATES]
            centres = tuple(settings[1:4])
        return self._possible([*settings, *self._draws(centres, 1.0, self._size() - len(settings))])

    def _drawn(self) -> list[Setting]:
        elite = self._elite()
        rates = [e.rate for e in self.evaluations]
        best = elite[0]
        onward = [
            _at(best, best.rate * factor)
            for edge, factor in ((max(rates), _GROWTH), (min(rates), 1 / _GROWTH))
            for factor in (factor, factor**2)
            if best.rate == edge
        ]
        spread = _NARROWER**self.generation
        return self._possible([*onward, *self._draws(elite, spread, self._size() - len(onward))])

    def _draws(self, centres: Sequence[Setting], spread: float, count: int) -> list[Setting]:
        """Draws settings around the given ones in turn, in the first generation usual ones too."""
        draw = generator("tune", *self.wish.key, self.task.name, self.generation)
        return [
            draw_setting(
                self.wish.family,
                centres[n % len(centres)],
                draw,
                spread,
                usual=not self.generation and n % 2 == 0,
            )
            for n in range(count)
        ]

    def _possible(self, settings: Sequence[Setting]) -> list[Setting]:
        """Keeps the settings that are new and can be trained."""
        possible = []
        for setting in dict.fromkeys(settings):
            if setting not in self.known:
                contender = self.wish.family.contender(setting.constants)
                if contender is not None:
                    self.known[setting] = contender
                    possible.append(setting)
        return possible

    def _trainings(self, settings: Sequence[Setting], seeds: Sequence[int]) -> list[Training]:
        return [Training(self.known[s], s.rate, seed) for s in settings for seed in seeds]

    def _losses(self, setting: Setting, seeds: Sequence[int]) -> dict[int, float]:
        return {
            e.seed: e.loss for e in self.evaluations if e.setting == setting and e.seed in seeds
        }

    def _mean(self, setting: Setting) -> float:
        return float(np.mean(list(self._losses(setting, self.wish.seeds).values())))

    def _elite(self) -> list[Setting]:
        tried = dict.fromkeys(e.setting for e in self.evaluations)
        return sorted(tried, key=self._mean)[:_ELITE]

    def _best(self) -> Setting:
        """Finds the setting with the lowest mean over all seeds, fresh ones among them if any."""
        elite = self._elite()
        if not elite:
            return Setting(self.task.rate, self.wish.family.defaults)
        means = [np.mean([e.loss for e in self.evaluations if e.setting == s]) for s in elite]
        return elite[int(np.argmin(means))]


def _at(setting: Setting, rate: float) -> Setting:
    return setting._replace(rate=float(f"{rate:.4g}"))
