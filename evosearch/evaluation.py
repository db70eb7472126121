"""Trains a block of candidates on the search tasks and scores them against the yardsticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evosearch.planning import Contender
from evosearch.tuning import Evaluation, sweep
from evosearch.yardstick import Yardstick
from proxies import TASKS


@dataclass(frozen=True, slots=True)
class Result:
    """What training a candidate gave."""

    fitness: float
    """Mean over the tasks of the logarithm (base 2) of the speed-up over tuned AdamW."""
    cleared: bool
    """Whether every task was tried; if not, the last one tried stands for those after it."""
    evaluations: tuple[Evaluation, ...]


def evaluate(
    contenders: Sequence[Contender],
    yardsticks: Sequence[Yardstick],
    seeds: Sequence[Sequence[int]],
    hurdle: float,
) -> list[Result]:
    """Results in the order of `contenders`; `seeds` are those of each.

    Tasks are tried in the order of their yardsticks; a candidate slower than `hurdle` on one is
    not trained on the next.
    """
    logs: list[list[float]] = [[] for _ in contenders]
    evaluations: list[list[Evaluation]] = [[] for _ in contenders]
    running = list(range(len(contenders)))
    for yardstick in yardsticks:
        task = TASKS[yardstick.task]
        swept = sweep(
            task,
            [contenders[c] for c in running],
            yardstick.steps,
            [seeds[c] for c in running],
        )
        for c, found in zip(running, swept, strict=True):
            speedups = yardstick.relative_speedups(found.best_losses(), yardstick.baseline_losses)
            logs[c].append(float(np.mean(np.log2(list(speedups.values())))))
            evaluations[c].extend(found.evaluations)
        running = [c for c in running if 2 ** logs[c][-1] >= hurdle]
        if not running:
            break
    return [
        Result(
            fitness=float(np.mean(found + [found[-1]] * (len(yardsticks) - len(found)))),
            cleared=len(found) == len(yardsticks),
            evaluations=tuple(evaluations[c]),
        )
        for c, found in enumerate(logs)
    ]
