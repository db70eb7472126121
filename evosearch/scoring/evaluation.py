"""Tunes a block of candidates on the search tasks and scores them against the yardsticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evosearch.scoring.curve import SLOWEST
from evosearch.scoring.rounds import fresh_seeds, tuning_seeds
from evosearch.scoring.setting import Setting
from evosearch.scoring.tuner import Tuned, Wish, tune
from evosearch.scoring.yardstick import MeasuredTask, Yardstick
from evosearch.screening.family import Family
from proxies import PLAIN, Engine

RungLimits = Mapping[str, Sequence[float]]
"""The recent training losses at the rungs that a rule must not exceed, by task; may be empty."""
_SLACK = 0.8
"""The share of the hurdle below which a rule is given up after its first generation of settings."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """Is a rule to be tuned on the tasks, and what is known of it."""

    family: Family
    key: tuple[str | int, ...]
    """The key of the tuner's draws."""
    round: int = 0
    """How often it was tuned before."""
    starts: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    """The settings to start from, by task."""
    limits: RungLimits = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Means:
    """Says how much is spent on each rule: the same for all of a search."""

    budget: int
    """The trainings that tuning may spend on a task; times its steps, replica-steps."""
    seeds: int
    """The seeds on which settings are compared."""
    hurdle: float
    """The speed-up that a task must show before the next one is tried."""


@dataclass(frozen=True, slots=True)
class Result:
    """Holds what the tuning of a candidate gave."""

    fitness: float
    """The mean over the tasks of the logarithm (base 2) of the speed-up over tuned AdamW."""
    cleared: bool
    """Whether the candidate was tuned to the end on every task; if not, the last one tried stands
    for those after it."""
    tuned: Mapping[str, Tuned]
    """What tuning gave, by the tasks that were tried."""

    @property
    def spent(self) -> int:
        """Counts the replica-steps that were spent."""
        return sum(tuned.spent for tuned in self.tuned.values())


SLOWEST_RESULT = Result(float(np.log2(SLOWEST)), cleared=False, tuned={})
"""That of a rule which could not be trained to any end."""


def evaluate(
    entrants: Sequence[Entrant],
    tasks: Sequence[MeasuredTask],
    means: Means,
    engine: Engine = PLAIN,
) -> list[Result]:
    """Gives results in the order of `entrants`.

    Tasks are tried in their order. A candidate whose speed-up on one is under the hurdle is not
    trained on the next. One that exceeds a rung limit within a training gets the lowest speed-up
    there is.
    """
    tuned: list[dict[str, Tuned]] = [{} for _ in entrants]
    logs: list[list[float]] = [[] for _ in entrants]
    running = list(range(len(entrants)))
    for task, yardstick in tasks:
        wishes = [_wish(entrants[e], yardstick, means) for e in running]
        for e, own in zip(running, tune(task, wishes, yardstick.steps, engine), strict=True):
            logs[e].append(log_speedup(own, yardstick))
            tuned[e][yardstick.task] = own
        running = [e for e in running if 2 ** logs[e][-1] >= means.hurdle]
        if not running:
            break
    return [
        Result(
            fitness=float(np.mean(own + [own[-1]] * (len(tasks) - len(own)))),
            cleared=len(own) == len(tasks) and not any(t.given_up for t in tuned[e].values()),
            tuned=tuned[e],
        )
        for e, own in enumerate(logs)
    ]


def _wish(entrant: Entrant, yardstick: Yardstick, means: Means) -> Wish:
    return Wish(
        family=entrant.family,
        key=(*entrant.key, entrant.round),
        budget=means.budget * yardstick.steps,
        seeds=tuning_seeds(entrant.round, means.seeds),
        fresh_seeds=fresh_seeds(entrant.round, means.seeds),
        starts=tuple(entrant.starts.get(yardstick.task, ())),
        limits=tuple(entrant.limits.get(yardstick.task, ())),
        # A rule that was good enough before is tuned to the end.
        hopeless=np.inf if entrant.round else yardstick.loss_at(_SLACK * means.hurdle),
    )


def log_speedup(tuned: Tuned, yardstick: Yardstick) -> float:
    """Averages the logarithm (base 2) of the speed-up on one task over seeds."""
    if tuned.halted:
        return float(np.log2(SLOWEST))
    if not tuned.losses:
        # Its losses are on seeds that the baseline has no losses for.
        return float(np.log2(yardstick.speedup(tuned.loss) / yardstick.speedup(yardstick.own.loss)))
    speedups = yardstick.relative_speedups(tuned.losses, yardstick.baseline_losses)
    return float(np.mean(np.log2(list(speedups.values()))))
