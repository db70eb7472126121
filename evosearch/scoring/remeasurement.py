"""Measures a search's best candidates again, so that no lucky score is reported.

Ranking: the finalists and the baseline are tuned from scratch on seeds that the search never
used. Report: each is trained at the rates found there, on seeds used for nothing else. Every
speed-up is over the baseline on the same seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from evosearch.scoring.sweep import Evaluation, Sweep, Training, carry_out, sweep
from evosearch.scoring.yardstick import MeasuredTask, Yardstick
from evosearch.screening.contender import Contender
from proxies import PLAIN, Engine

RANKING_SEEDS = tuple(range(1000, 1004))
_FIRST_REPORT_SEED = 2000
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Measurement:
    """A speed-up over the baseline: geometric mean over tasks and seeds, and its 95% interval.

    The interval is Student's t over seeds of the mean over tasks of the logarithm.
    """

    speedup: float
    low: float
    high: float
    per_task: Mapping[str, float]


def report_seeds(count: int) -> tuple[int, ...]:
    return tuple(range(_FIRST_REPORT_SEED, _FIRST_REPORT_SEED + count))


def tune(
    contenders: Sequence[Contender], tasks: Sequence[MeasuredTask], engine: Engine = PLAIN
) -> list[list[Evaluation]]:
    """For each contender, sweeps over rates on every task, with the ranking seeds."""
    found: list[list[Evaluation]] = [[] for _ in contenders]
    for task, yardstick in tasks:
        seeds = [RANKING_SEEDS] * len(contenders)
        swept = sweep(task, contenders, yardstick.steps, seeds, engine=engine)
        for own, sweep_of_one in zip(found, swept, strict=True):
            own += sweep_of_one.evaluations
    return found


def train_at(
    contenders: Sequence[Contender],
    rates: Sequence[Mapping[str, float]],
    tasks: Sequence[MeasuredTask],
    seeds: Sequence[int],
    engine: Engine = PLAIN,
) -> list[list[Evaluation]]:
    """For each contender, trainings on every task at its given relative rate."""
    found: list[list[Evaluation]] = [[] for _ in contenders]
    for task, yardstick in tasks:
        trainings = [
            Training(contender, rate[task.name], seed)
            for contender, rate in zip(contenders, rates, strict=True)
            for seed in seeds
        ]
        done = carry_out(task, yardstick.steps, trainings, engine)
        for index, own in enumerate(found):
            own += done[index * len(seeds) : (index + 1) * len(seeds)]
    return found


def best_rates(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Task to the rate with the lowest mean loss."""
    by_task: dict[str, list[Evaluation]] = {}
    for evaluation in evaluations:
        by_task.setdefault(evaluation.task, []).append(evaluation)
    return {task: Sweep(tuple(found)).best_rate for task, found in by_task.items()}


def best_losses(evaluations: Sequence[Evaluation]) -> dict[str, dict[int, float]]:
    """Task to seed to loss, at the best rate of each task."""
    rates = best_rates(evaluations)
    found: dict[str, dict[int, float]] = {task: {} for task in rates}
    for e in evaluations:
        if e.rate == rates[e.task]:
            found[e.task][e.seed] = e.loss
    return found


def measure(
    yardsticks: Sequence[Yardstick],
    losses: Mapping[str, Mapping[int, float]],
    baseline: Mapping[str, Mapping[int, float]],
) -> Measurement:
    """From losses per task and seed, for a rule and for the baseline, the rule's speed-up."""
    logs = {
        yardstick.task: np.log2(
            list(
                yardstick.relative_speedups(
                    losses[yardstick.task], baseline[yardstick.task]
                ).values()
            )
        )
        for yardstick in yardsticks
    }
    per_seed = np.mean(list(logs.values()), axis=0)
    middle = float(np.mean(per_seed))
    error = float(np.std(per_seed, ddof=1) / np.sqrt(len(per_seed)))
    reach = error * float(stdtrit(len(per_seed) - 1, (1 + _CONFIDENCE) / 2))
    return Measurement(
        speedup=2.0**middle,
        low=2.0 ** (middle - reach),
        high=2.0 ** (middle + reach),
        per_task={task: float(2.0 ** np.mean(values)) for task, values in logs.items()},
    )
