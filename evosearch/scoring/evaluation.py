"""Trains a block of candidates on the search tasks and scores them against the yardsticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evosearch.scoring.sweep import Evaluation, Sweep, sweep
from evosearch.scoring.yardstick import SLOWEST, MeasuredTask, Yardstick
from evosearch.screening.contender import Contender
from proxies import PLAIN, Engine

Hurdles = Mapping[str, Sequence[float]]
"""By task, the recent training losses that a rule must reach at the rungs, if any."""


@dataclass(frozen=True, slots=True)
class Result:
    """What training a candidate gave."""

    fitness: float
    """Mean over the tasks of the logarithm (base 2) of the speed-up over tuned AdamW."""
    cleared: bool
    """Whether it was trained to the end on every task; if not, the last one tried stands for those
    after it."""
    evaluations: tuple[Evaluation, ...]
    rungs: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """By task, at each rung reached, the recent training loss of the best rate."""


def evaluate(
    contenders: Sequence[Contender],
    tasks: Sequence[MeasuredTask],
    seeds: Sequence[Sequence[int]],
    hurdle: float,
    hurdles: Sequence[Hurdles] | None = None,
    engine: Engine = PLAIN,
) -> list[Result]:
    """Results in the order of `contenders`; `seeds` and `hurdles` are those of each.

    Tasks are tried in their order; a candidate slower than `hurdle` on one is
    not trained on the next. One that misses a hurdle within a training gets the lowest speed-up
    there is.
    """
    given = hurdles or [{}] * len(contenders)
    rungs: list[dict[str, tuple[float, ...]]] = [{} for _ in contenders]
    halted: set[int] = set()
    logs: list[list[float]] = [[] for _ in contenders]
    evaluations: list[list[Evaluation]] = [[] for _ in contenders]
    running = list(range(len(contenders)))
    for task, yardstick in tasks:
        swept = sweep(
            task,
            [contenders[c] for c in running],
            yardstick.steps,
            [seeds[c] for c in running],
            hurdles=[given[c].get(yardstick.task, ()) for c in running],
            engine=engine,
        )
        for c, found in zip(running, swept, strict=True):
            logs[c].append(_mean_log(found, yardstick))
            evaluations[c].extend(found.evaluations)
            rungs[c][yardstick.task] = found.rungs
            halted |= {c} if found.halted else set()
        running = [c for c in running if 2 ** logs[c][-1] >= hurdle]
        if not running:
            break
    return [
        Result(
            fitness=float(np.mean(found + [found[-1]] * (len(tasks) - len(found)))),
            cleared=len(found) == len(tasks) and c not in halted,
            evaluations=tuple(evaluations[c]),
            rungs=rungs[c],
        )
        for c, found in enumerate(logs)
    ]


def _mean_log(swept: Sweep, yardstick: Yardstick) -> float:
    if swept.halted:
        return float(np.log2(SLOWEST))
    speedups = yardstick.relative_speedups(swept.best_losses(), yardstick.baseline_losses)
    return float(np.mean(np.log2(list(speedups.values()))))
