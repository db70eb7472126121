"""Tunes variants once, on every task, and says how fast each then trains.

A trial is one tuning: draws, races and seeds of its own, the same for all variants, so that what
these have in common cancels in a difference. Of several trials the spread is known: that of seeds
and that of tuning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evosearch.scoring.setting import Setting
from evosearch.scoring.tuner import Tuned, Wish, tune
from evosearch.scoring.yardstick import MeasuredTask, Yardstick
from evosearch.screening.family import Family
from proxies import PLAIN, Engine

_FIRST_TUNING_SEED, _TUNING_SEEDS = 5000, 2
_FIRST_FRESH_SEED, _FRESH_SEEDS = 7000, 4
_HOPELESS = 0.6
"""The share of the first program's speed-up below which, after one generation of settings, a
variant is not tuned further."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Holds what one tuning of a variant gave, by task, as far as it came."""

    logs: Mapping[str, float]
    """The mean over fresh seeds of the logarithm (base 2) of the speed-up over tuned AdamW."""
    best: Mapping[str, Setting]
    given_up: bool = False
    """Whether it was hopeless on the last of these tasks."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Is a variant to be tuned, with settings to start from."""

    family: Family
    starts: Mapping[str, Setting]
    """By task; where there is none, tuning starts from the family's defaults."""
    expected: Mapping[str, float]
    """The logarithm of the speed-up, by task, in comparison with which a rule may be hopeless."""


def carry_out(
    entries: Sequence[Entry],
    tasks: Sequence[MeasuredTask],
    budget: int,
    number: int,
    seed: int,
    engine: Engine = PLAIN,
) -> list[Trial]:
    """Carries out trial `number` (from 0) of several variants.

    `budget` is in trainings, for each variant and task. `seed` names the draws. A variant that is
    hopeless on one task is not tuned on the next.
    """
    logs: list[dict[str, float]] = [{} for _ in entries]
    best: list[dict[str, Setting]] = [{} for _ in entries]
    running = list(range(len(entries)))
    for task, yardstick in tasks:
        wishes = [_wish(entries[e], yardstick, budget, number, seed) for e in running]
        for e, tuned in zip(
            list(running), tune(task, wishes, yardstick.steps, engine), strict=True
        ):
            logs[e][task.name] = _log(tuned, yardstick)
            best[e][task.name] = tuned.best
            if tuned.given_up:
                running.remove(e)
        if not running:
            break
    return [Trial(logs[e], best[e], e not in running) for e in range(len(entries))]


def _wish(entry: Entry, yardstick: Yardstick, budget: int, number: int, seed: int) -> Wish:
    task = yardstick.task
    hopeless = np.inf
    if task in entry.expected:
        hopeless = yardstick.loss_at(_HOPELESS * 2 ** entry.expected[task])
    return Wish(
        family=entry.family,
        key=("ablation", seed, number),
        budget=budget * yardstick.steps,
        seeds=_seeds(_FIRST_TUNING_SEED, _TUNING_SEEDS, number),
        fresh_seeds=_seeds(_FIRST_FRESH_SEED, _FRESH_SEEDS, number),
        starts=(entry.starts[task],) if task in entry.starts else (),
        hopeless=hopeless,
    )


def _seeds(first: int, count: int, number: int) -> tuple[int, ...]:
    return tuple(range(first + number * count, first + (number + 1) * count))


def _log(tuned: Tuned, yardstick: Yardstick) -> float:
    losses = list(tuned.losses.values()) or [tuned.loss]
    return float(np.mean([np.log2(yardstick.speedup(loss)) for loss in losses]))
