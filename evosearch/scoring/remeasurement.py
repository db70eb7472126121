"""Trains a search's best candidates again, so that no lucky score is reported.

Ranking: the finalists and the baseline are tuned from scratch on seeds that the search never
used. Report: each is trained at the rates found there, on seeds used for nothing else.
`evosearch.scoring.statistics` makes speed-ups of the losses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evosearch.scoring.sweep import Evaluation, Sweep, Training, carry_out, sweep
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.screening.contender import Contender
from proxies import PLAIN, Engine

RANKING_SEEDS = tuple(range(1000, 1004))
_FIRST_REPORT_SEED = 2000


def report_seeds(count: int) -> tuple[int, ...]:
    """Names `count` seeds that neither search nor ranking uses."""
    return tuple(range(_FIRST_REPORT_SEED, _FIRST_REPORT_SEED + count))


def tune(
    contenders: Sequence[Contender], tasks: Sequence[MeasuredTask], engine: Engine = PLAIN
) -> list[list[Evaluation]]:
    """Sweeps over rates on every task, with the ranking seeds; gives each contender's trainings."""
    trained: list[list[Evaluation]] = [[] for _ in contenders]
    for task, yardstick in tasks:
        seeds = [RANKING_SEEDS] * len(contenders)
        sweeps = sweep(task, contenders, yardstick.steps, seeds, engine=engine)
        for own, swept in zip(trained, sweeps, strict=True):
            own += swept.evaluations
    return trained


def train_at(
    contenders: Sequence[Contender],
    rates: Sequence[Mapping[str, float]],
    tasks: Sequence[MeasuredTask],
    seeds: Sequence[int],
    engine: Engine = PLAIN,
) -> list[list[Evaluation]]:
    """Trains every contender on every task at its given relative rate, with each of the seeds.

    `rates` are by contender and task; the trainings are given by contender.
    """
    trained: list[list[Evaluation]] = [[] for _ in contenders]
    for task, yardstick in tasks:
        trainings = [
            Training(contender, rate[task.name], seed)
            for contender, rate in zip(contenders, rates, strict=True)
            for seed in seeds
        ]
        evaluations = carry_out(task, yardstick.steps, trainings, engine)
        for place, own in enumerate(trained):
            own += evaluations[place * len(seeds) : (place + 1) * len(seeds)]
    return trained


def best_rates(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Names the rate with the lowest mean loss on each task."""
    by_task: dict[str, list[Evaluation]] = {}
    for evaluation in evaluations:
        by_task.setdefault(evaluation.task, []).append(evaluation)
    return {task: Sweep(tuple(own)).best_rate for task, own in by_task.items()}


def best_losses(evaluations: Sequence[Evaluation]) -> dict[str, dict[int, float]]:
    """Gives, by task and seed, the loss at the best rate of the task."""
    rates = best_rates(evaluations)
    losses: dict[str, dict[int, float]] = {task: {} for task in rates}
    for e in evaluations:
        if e.rate == rates[e.task]:
            losses[e.task][e.seed] = e.loss
    return losses
