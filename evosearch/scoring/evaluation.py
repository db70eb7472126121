"""Trains a block of candidates on the search tasks and scores them against the yardsticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evosearch.scoring.sweep import Evaluation, Sweep, sweep
from evosearch.scoring.yardstick import SLOWEST, MeasuredTask, Yardstick
from evosearch.screening.contender import Contender
from proxies import PLAIN, Engine

RungLimits = Mapping[str, Sequence[float]]
"""The recent training losses at the rungs that a rule must not exceed, by task; may be empty."""


@dataclass(frozen=True, slots=True)
class Result:
    """Holds what the training of a candidate gave."""

    fitness: float
    """The mean over the tasks of the logarithm (base 2) of the speed-up over tuned AdamW."""
    cleared: bool
    """Whether the candidate was trained to the end on every task; if not, the last one tried stands
    for those after it."""
    evaluations: tuple[Evaluation, ...]
    rungs: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """The recent training loss of the best rate at each rung that was reached, by task."""


def evaluate(
    contenders: Sequence[Contender],
    tasks: Sequence[MeasuredTask],
    seeds: Sequence[Sequence[int]],
    hurdle: float,
    rung_limits: Sequence[RungLimits] | None = None,
    engine: Engine = PLAIN,
) -> list[Result]:
    """Gives results in the order of `contenders`; `seeds` and `rung_limits` are those of each.

    Tasks are tried in their order. A candidate whose speed-up on one is under `hurdle` is not
    trained on the next. One that exceeds a rung limit within a training gets the lowest speed-up
    there is.
    """
    limits = rung_limits or [{}] * len(contenders)
    rungs: list[dict[str, tuple[float, ...]]] = [{} for _ in contenders]
    halted: set[int] = set()
    logs: list[list[float]] = [[] for _ in contenders]
    evaluations: list[list[Evaluation]] = [[] for _ in contenders]
    running = list(range(len(contenders)))
    for task, yardstick in tasks:
        sweeps = sweep(
            task,
            [contenders[c] for c in running],
            yardstick.steps,
            [seeds[c] for c in running],
            rung_limits=[limits[c].get(yardstick.task, ()) for c in running],
            engine=engine,
        )
        for c, swept in zip(running, sweeps, strict=True):
            logs[c].append(_mean_log(swept, yardstick))
            evaluations[c].extend(swept.evaluations)
            rungs[c][yardstick.task] = swept.rungs
            halted |= {c} if swept.halted else set()
        running = [c for c in running if 2 ** logs[c][-1] >= hurdle]
        if not running:
            break
    return [
        Result(
            fitness=float(np.mean(own + [own[-1]] * (len(tasks) - len(own)))),
            cleared=len(own) == len(tasks) and c not in halted,
            evaluations=tuple(evaluations[c]),
            rungs=rungs[c],
        )
        for c, own in enumerate(logs)
    ]


def _mean_log(swept: Sweep, yardstick: Yardstick) -> float:
    """Averages the logarithm of the speed-up on one task over seeds."""
    if swept.halted:
        return float(np.log2(SLOWEST))
    speedups = yardstick.relative_speedups(swept.best_losses(), yardstick.baseline_losses)
    return float(np.mean(np.log2(list(speedups.values()))))
