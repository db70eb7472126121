"""Trains a search's best candidates again, so that no lucky score is reported.

Ranking: the finalists and the baseline are tuned once more, each from the best settings that are
known of it, on seeds that the search never used. Report: each is trained at the settings that came
out best, on seeds used for nothing else. `evosearch.scoring.statistics` makes speed-ups of the
losses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Evaluation, Training, carry_out
from evosearch.scoring.tuner import Tuned, Wish, tune
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.screening.family import Family
from proxies import PLAIN, Engine

TUNING_SEEDS, RANKING_SEEDS = (900, 901), tuple(range(1000, 1004))
_FIRST_REPORT_SEED = 2000
_DIVERGED = dict.fromkeys(RANKING_SEEDS, np.inf)
"""The losses of a rule that diverged in all of its first trainings, and was not trained further."""


def report_seeds(count: int) -> tuple[int, ...]:
    """Names `count` seeds that neither search nor ranking uses."""
    return tuple(range(_FIRST_REPORT_SEED, _FIRST_REPORT_SEED + count))


def tune_again(
    families: Sequence[Family],
    starts: Sequence[Mapping[str, Setting]],
    tasks: Sequence[MeasuredTask],
    budget: int,
    key: tuple[str | int, ...],
    engine: Engine = PLAIN,
) -> list[dict[str, Tuned]]:
    """Tunes every family on every task from its start there; gives what came of each by task.

    `budget` is in trainings of the task's length.
    """
    tuned: list[dict[str, Tuned]] = [{} for _ in families]
    for task, yardstick in tasks:
        wishes = [
            Wish(
                family=family,
                key=("ranking", *key),
                budget=budget * yardstick.steps,
                seeds=TUNING_SEEDS,
                fresh_seeds=RANKING_SEEDS,
                starts=(own[task.name],) if task.name in own else (),
            )
            for family, own in zip(families, starts, strict=True)
        ]
        for own, result in zip(tuned, tune(task, wishes, yardstick.steps, engine), strict=True):
            own[task.name] = result if result.losses else replace(result, losses=_DIVERGED)
    return tuned


def never_tuned(start: Setting) -> Tuned:
    """Gives what counts as the tuning of a rule that came to no end: that it always diverges."""
    return Tuned(best=start, losses=_DIVERGED, evaluations=(), spent=0, given_up=True)


def again_measured(setting: Setting, evaluations: Iterable[Evaluation]) -> dict[int, float]:
    """Gives the losses of a setting that `tune_again` chose, by seed, from a task's trainings."""
    own = {one.seed: one.loss for one in evaluations if one.setting == setting}
    fresh = {seed: own[seed] for seed in RANKING_SEEDS if seed in own}
    return fresh or dict(_DIVERGED)


def never_trained(
    settings: Mapping[str, Setting], tasks: Sequence[MeasuredTask], seeds: Sequence[int]
) -> list[Evaluation]:
    """Gives what counts as the trainings of such a rule by `train_at`."""
    return [
        Evaluation(
            task.name,
            yardstick.steps,
            seed,
            settings[task.name].rate,
            np.inf,
            settings[task.name].constants,
        )
        for task, yardstick in tasks
        for seed in seeds
    ]


def train_at(
    families: Sequence[Family],
    settings: Sequence[Mapping[str, Setting]],
    tasks: Sequence[MeasuredTask],
    seeds: Sequence[int],
    engine: Engine = PLAIN,
) -> list[list[Evaluation]]:
    """Trains every family on every task at its given setting, with each of the seeds.

    `settings` are by family and task; the trainings are given by family.
    """
    trained: list[list[Evaluation]] = [[] for _ in families]
    for task, yardstick in tasks:
        trainings = []
        for family, own in zip(families, settings, strict=True):
            contender = family.contender(own[task.name].constants)
            assert contender is not None, f"{own[task.name]} was trained before"
            trainings += [Training(contender, own[task.name].rate, seed) for seed in seeds]
        evaluations = carry_out(task, yardstick.steps, trainings, engine)
        for place, mine in enumerate(trained):
            mine += evaluations[place * len(seeds) : (place + 1) * len(seeds)]
    return trained
