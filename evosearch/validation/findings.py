"""Makes of all trials what is said of each rule.

The level of error is that of the rules' verdicts over all tasks. Baselines have intervals as wide,
but their number is not corrected for; nor is that of the tasks and horizons, each of whose
intervals holds for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evosearch.export.notation.program_text import readable
from evosearch.graph.lowering import lower
from evosearch.validation.contestants import constants_of, learning_rate
from evosearch.validation.evidence import ADAMW, Judgement, gain_of, judge, judge_one, slopes
from evosearch.validation.laboratory import Trainings, steps_of
from evosearch.validation.outcome import Gain, Moved, OnTask, Standing
from evosearch.validation.price import Price
from evosearch.validation.sequential import last_horizon
from proxies import Task

Series = NDArray[np.float64]
"""A member's logarithms of speed, `[trials, horizons, tasks]`."""
Ranges = Sequence[tuple[Moved, ...]]
"""How far a member's values can be moved, by task, at the last horizon."""


@dataclass(frozen=True)
class Evidence:
    """Holds all that was measured of the members, baselines first."""

    laboratory: Trainings
    series: Sequence[Series]
    prices: Sequence[Price]
    ranges: Sequence[Ranges]
    """By member; empty where they were not asked for."""
    level: float
    """The chance of a wrong verdict, for all rules together."""

    @property
    def share(self) -> float:
        """Gives each rule's part of the level."""
        return self.level / self.laboratory.question.rules

    def differences(self, member: int) -> Series:
        """Gives a member's logarithms of speed less AdamW's, trial by trial."""
        own = self.series[member]
        return own - self.series[ADAMW][: len(own)]


def standings(evidence: Evidence) -> list[Standing]:
    """Gives the standing of every member, rules first."""
    question = evidence.laboratory.question
    last = [last_horizon(own) for own in evidence.series]
    known = last[: question.baselines]
    rules = judge(last[question.baselines :], known, evidence.level)
    judged = [
        _standing(evidence, member, one, one.best)
        for member, one in enumerate(rules, start=question.baselines)
    ]
    for member, own in enumerate(known):
        others = [place for place in range(len(known)) if place != member] or [member]
        one = judge_one(own, known[ADAMW], [known[place] for place in others], evidence.share)
        judged.append(_standing(evidence, member, one, others[one.best]))
    return judged


def _standing(evidence: Evidence, member: int, judged: Judgement, best: int) -> Standing:
    question = evidence.laboratory.question
    contestant, price = question.contestants[member], evidence.prices[member]
    differences = evidence.differences(member)
    by_task = differences[:, -1].mean(axis=0)
    slope = _slope(evidence, differences)
    return Standing(
        name=contestant.name,
        origin=contestant.reference.origin,
        baseline=contestant.baseline,
        text=readable(lower(contestant.reference.program), contestant.name),
        seeds=len(differences),
        gain=judged.over_adamw.gain,
        verdict=judged.over_adamw.verdict,
        best=question.contestants[best].name,
        over_best=judged.over_best.gain,
        over_best_verdict=judged.over_best.verdict,
        evidence=judged.evidence,
        worst_task=question.tasks[int(np.argmin(by_task))].name,
        by_horizon={
            f"{horizon:g}": gain_of(differences[:, place].mean(axis=1), evidence.share)
            for place, horizon in enumerate(question.horizons)
        },
        slope=slope,
        shrinks=slope is not None and slope.high < 1,
        state_bytes=price.state_bytes,
        step_time=price.step_time,
        on_tasks=tuple(
            _on_task(evidence, member, (place, horizon), (column, task), differences)
            for place, horizon in enumerate(question.horizons)
            for column, task in enumerate(question.tasks)
        ),
    )


def _slope(evidence: Evidence, differences: Series) -> Gain | None:
    horizons = evidence.laboratory.question.horizons
    if len(horizons) < 2:
        return None
    by_horizon = [differences[:, place] for place in range(len(horizons))]
    return gain_of(slopes(by_horizon, horizons), evidence.share)


def _on_task(
    evidence: Evidence,
    member: int,
    horizon: tuple[int, float],
    task: tuple[int, Task],
    differences: Series,
) -> OnTask:
    (place, factor), (column, one) = horizon, task
    laboratory, steps = evidence.laboratory, steps_of(one, factor)
    entry = laboratory.entry(member, one)
    trials = [laboratory.trial(member, one, steps, n) for n in range(len(differences))]
    means = np.array(
        [evidence.differences(m)[:, place, column].mean() for m in range(len(evidence.series))]
    )
    constants = constants_of(entry, [trial.best.constants for trial in trials])
    last = place == len(laboratory.question.horizons) - 1
    return OnTask(
        task=one.name,
        horizon=factor,
        steps=steps,
        loss=float(np.mean([list(trial.losses.values()) for trial in trials])),
        gain=gain_of(differences[:, place, column], evidence.share),
        rank=1 + int(np.sum(means > means[member])),
        diverged=sum(t.diverged for t in trials) / max(1, sum(t.trainings for t in trials)),
        learning_rate=float(np.median([learning_rate(entry, trial.best) for trial in trials])),
        weight_decay=constants.pop(entry.decay, 0.0),
        constants=constants,
        sensitivity=evidence.ranges[member][column] if evidence.ranges and last else (),
    )
