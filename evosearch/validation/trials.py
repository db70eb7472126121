"""Tunes rules once on a task, and says how fast each then trains.

A trial is one tuning: draws and seeds of its own, on which nothing was chosen before. The same
seeds, and so the same initial weights and batches, serve all rules. What tuning a rule again would
change is thus part of the spread of its trials, as are seeds.

Settings are compared on one seed and their losses taken on two. So a trial costs less than one that
compares on two and measures on four, and more of them can be made, which say more than few: with
32 trainings against 48, AdamW, AdEMAMix and MARS came out 0.96 to 1.07 times as fast on spirals and
teacher_student (12 trials each), and their trials spread hardly more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evosearch.scoring.setting import Setting
from evosearch.scoring.tuner import Tuned, Wish, tune
from evosearch.screening.family import Family
from evosearch.validation.decay import without_decay
from proxies import PLAIN, Engine, Task

_FIRST_TUNING_SEED, _TUNING_SEEDS = 100_000, 1
_FIRST_FRESH_SEED, _FRESH_SEEDS = 200_000, 2
_MOST_TRIALS = 1000
"""The trials of one seed of a validation, after which those of the next begin."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Is a rule to be tuned."""

    key: str
    """Names the rule and its role, and by them all random draws.

    AdamW among the rules and AdamW among the baselines are tuned with different draws, so that
    comparing them shows the luck of tuning."""
    family: Family
    decay: str = ""
    """The name of the constant that is the weight decay; empty where there is none."""


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
    tuned = tune(without_decay(task), wishes, steps, engine)
    return [_trial(one, fresh) for one in tuned]


def to_record(trial: Trial) -> dict[str, Any]:
    """Gives what JSON can hold of a trial: all of it, with null for infinite losses."""
    losses = {seed: loss if np.isfinite(loss) else None for seed, loss in trial.losses.items()}
    return asdict(trial) | {"best": list(trial.best), "losses": losses}


def from_record(record: Any) -> Trial:
    """Makes the trial of which `to_record` gave this record.

    Raises:
        ValueError, TypeError or KeyError: it is no such record.
    """
    rate, constants = record["best"]
    losses = {
        int(seed): np.inf if loss is None else float(loss)
        for seed, loss in record["losses"].items()
    }
    return Trial(
        Setting(float(rate), tuple(map(float, constants))),
        losses,
        int(record["trainings"]),
        int(record["diverged"]),
        int(record["spent"]),
    )


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
