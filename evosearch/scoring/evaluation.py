"""Tunes a block of candidates and scores them against the yardsticks, in the stages of a funnel.

In its first round a rule is tuned on tasks of milliseconds (`micro`), which only decides whether it
goes on; then on the tasks of the search with a low budget. What is good enough for a further round
gets the full budget there. Who is stopped where follows from limits that an entrant brings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

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
    pass_mark: float = -np.inf
    """The logarithm (base 2) of the speed-up that `micro` must show, if there is such a stage."""
    by_lot: bool = False
    """Whether it goes on past `micro`, or is in this round, whatever its score: the scores of those
    tell without bias what a stage foretells."""


@dataclass(frozen=True, slots=True)
class Means:
    """Says how much is spent on each rule: the same for all of a search."""

    budget: int
    """The trainings that tuning may spend on a task in further rounds; times its steps,
    replica-steps."""
    seeds: int
    """The seeds on which settings are compared."""
    hurdle: float
    """The speed-up that a task must show before the next one is tried."""
    first_budget: int | None = None
    """Likewise in the first round; by default the same."""
    micro_budget: int = 0
    """Likewise on a task of `micro`."""

    def in_round(self, number: int) -> int:
        """Gives the trainings that tuning may spend on a task in a round, from 0."""
        return self.budget if number or self.first_budget is None else self.first_budget


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
    micro: float | None = None
    """The fitness on the tasks of `micro`; None where it was not tuned on them."""
    micro_tuned: Mapping[str, Tuned] = field(default_factory=dict)
    """What tuning gave on those."""

    @property
    def spent(self) -> int:
        """Counts the replica-steps that were spent."""
        return sum(one.spent for own in (self.micro_tuned, self.tuned) for one in own.values())


SLOWEST_RESULT = Result(float(np.log2(SLOWEST)), cleared=False, tuned={})
"""That of a rule which could not be trained to any end."""


def evaluate(
    entrants: Sequence[Entrant],
    tasks: Sequence[MeasuredTask],
    means: Means,
    engine: Engine = PLAIN,
    micro: Sequence[MeasuredTask] = (),
) -> list[Result]:
    """Gives results in the order of `entrants`.

    A rule in its first round is tuned on the tasks of `micro`, if there are any, and no further if
    its score there is under its pass mark. Its fitness is then that score, but never more than the
    hurdle: one that goes on is the better one.

    Tasks are tried in their order. A candidate whose speed-up on one is under the hurdle is not
    trained on the next. One that exceeds a rung limit within a training gets the lowest speed-up
    there is.
    """
    first = [e for e, entrant in enumerate(entrants) if micro and not entrant.round]
    attempts = _attempts([entrants[e] for e in first], micro, means, engine)
    tried = dict(zip(first, attempts, strict=True))
    stopped = {
        e
        for e, own in tried.items()
        if own.score < entrants[e].pass_mark and not entrants[e].by_lot
    }
    running = [e for e in range(len(entrants)) if e not in stopped]
    attempts = _search([entrants[e] for e in running], tasks, means, engine)
    scored = dict(zip(running, attempts, strict=True))
    return [_result(tried.get(e), scored.get(e), len(tasks), means) for e in range(len(entrants))]


@dataclass
class _Attempt:
    """Is how a rule did on the tasks of a stage that it was tuned on."""

    logs: list[float] = field(default_factory=list)
    tuned: dict[str, Tuned] = field(default_factory=dict)

    @property
    def score(self) -> float:
        return float(np.mean(self.logs))


def _attempts(
    entrants: Sequence[Entrant], tasks: Sequence[MeasuredTask], means: Means, engine: Engine
) -> list[_Attempt]:
    """Tunes rules on all tasks of `micro`."""
    attempts = [_Attempt() for _ in entrants]
    for task in tasks:
        wishes = [_wish(one, task.yardstick, means, means.micro_budget) for one in entrants]
        # No limit of the search's holds there, and no hurdle.
        _tune(task, [replace(one, hopeless=np.inf) for one in wishes], attempts, engine)
    return attempts


def _search(
    entrants: Sequence[Entrant], tasks: Sequence[MeasuredTask], means: Means, engine: Engine
) -> list[_Attempt]:
    """Tunes rules on the tasks of the search, each as far as its hurdles let it."""
    attempts = [_Attempt() for _ in entrants]
    running = list(zip(entrants, attempts, strict=True))
    for task in tasks:
        wishes = [
            _wish(one, task.yardstick, means, means.in_round(one.round)) for one, _ in running
        ]
        _tune(task, wishes, [own for _, own in running], engine)
        running = [(one, own) for one, own in running if 2 ** own.logs[-1] >= means.hurdle]
        if not running:
            break
    return attempts


def _tune(
    measured: MeasuredTask, wishes: Sequence[Wish], attempts: Sequence[_Attempt], engine: Engine
) -> None:
    task, yardstick = measured
    results = tune(task, wishes, yardstick.steps, engine)
    for own, result in zip(attempts, results, strict=True):
        own.logs.append(log_speedup(result, yardstick))
        own.tuned[yardstick.task] = result


def _result(tried: _Attempt | None, attempt: _Attempt | None, tasks: int, means: Means) -> Result:
    """Makes a result of what a rule did on `micro`, and what on the tasks of the search."""
    micro = None if tried is None else tried.score
    micro_tuned = {} if tried is None else tried.tuned
    if attempt is None:
        assert micro is not None, "nothing else stops a rule before the search"
        fitness = min(micro, float(np.log2(max(means.hurdle, SLOWEST))))
        return Result(fitness, False, {}, micro, micro_tuned)
    logs = attempt.logs
    cleared = len(logs) == tasks and not any(one.given_up for one in attempt.tuned.values())
    fitness = float(np.mean(logs + [logs[-1]] * (tasks - len(logs))))
    return Result(fitness, cleared, attempt.tuned, micro, micro_tuned)


def _wish(entrant: Entrant, yardstick: Yardstick, means: Means, budget: int) -> Wish:
    return Wish(
        family=entrant.family,
        key=(*entrant.key, entrant.round),
        budget=budget * yardstick.steps,
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
