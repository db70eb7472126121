"""Tunes rules once on a task, and says how fast each then trains.

A trial is one tuning: draws and seeds of its own, on which nothing was chosen before. The same seeds,
and so the same initial weights and batches, serve all rules. What tuning a rule again would change
is thus part of the spread of its trials, as are seeds.

Settings are compared on one seed and their losses taken on two. For a given number of trainings
this gives more, and more independent, trials than comparing on two seeds and measuring on four: with
32 trainings against 48, AdamW came within 1% to 5% of the same losses on spirals, teacher_student
and byte_ngrams, its trials spreading alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evosearch.scoring.setting import Setting
from evosearch.scoring.tuner import Tuned, Wish, tune
from evosearch.screening.family import Family
from proxies import PLAIN, Engine, Task

_FIRST_TUNING_SEED, _TUNING_SEEDS = 100_000, 1
_FIRST_FRESH_SEED, _FRESH_SEEDS = 200_000, 2
_MOST_TRIALS = 1000
"""The trials of one seed of a validation, after which those of the next begin."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Is a rule to be tuned."""

    key: str
    """Names the rule and its role: that of all random draws. AdamW among the rules and AdamW among
    the baselines are tuned with different draws, so that comparing them shows the luck of tuning."""
    family: Family


@dataclass(frozen=True, slots=True)
class Trial:
    """Holds what one tuning gave."""

    best: Setting
    losses: Mapping[int, float]
    """By fresh seed; infinite where a training diverged."""
    trainings: int
    """The trainings that no race stopped."""
    diverged: int
    """How many of these diverged."""
    spent: int
    """The replica-steps."""


def carry_out(
    task: Task,
    steps: int,
    entries: Sequence[Entry],
    budget: int,
    number: int,
    seed: int,
    engine: Engine = PLAIN,
) -> list[Trial]:
    """Carries out trial `number` (from 0) of several rules, in trainings of `steps`.

    `budget` is in trainings for each rule. A result does not depend on which rules share the call.
    """
    place = seed * _MOST_TRIALS + number
    fresh = _seeds(_FIRST_FRESH_SEED, _FRESH_SEEDS, place)
    wishes = [
        Wish(
            family=entry.family,
            key=("validation", seed, number, steps, entry.key),
            budget=budget * steps,
            seeds=_seeds(_FIRST_TUNING_SEED, _TUNING_SEEDS, place),
            fresh_seeds=fresh,
        )
        for entry in entries
    ]
    return [_trial(tuned, fresh) for tuned in tune(task, wishes, steps, engine)]


def _trial(tuned: Tuned, fresh: Sequence[int]) -> Trial:
    ends = [evaluation.loss for evaluation in tuned.evaluations]
    return Trial(
        tuned.best,
        {seed: tuned.losses.get(seed, np.inf) for seed in fresh},
        len(ends),
        int(np.isinf(ends).sum()),
        tuned.spent,
    )


def _seeds(first: int, count: int, place: int) -> tuple[int, ...]:
    return tuple(range(first + place * count, first + (place + 1) * count))
