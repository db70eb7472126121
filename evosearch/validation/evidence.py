"""Weighs the trials of rules against those of baselines, and gives verdicts.

A trial gives one number for each rule and task, the logarithm (base 2) of its speed. What is
compared is the mean over tasks of the differences within a trial: trials are independent of each
other, however much tasks have in common.

All intervals hold at once, for all rules and after every trial (`scoring.confidence_sequence`):
each of K rules has the share 1/K of the level, and of that each of B baselines 1/B where the best
of them is in question. So a rule is better than the best baseline if it is better than each,
whichever that is, and worse if it is worse than any. A rule is called better than AdamW if,
besides, its e-value for a gain, averaged over tasks, is a discovery of the e-BH procedure among all
rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evosearch.scoring.confidence_sequence import anytime_interval
from evosearch.scoring.e_values import discoveries, for_gain, over_tasks
from evosearch.validation.outcome import BETTER, OPEN, WORSE, Gain

ADAMW = 0
"""The place of tuned AdamW among the baselines."""
PRECISE = 1.05
"""The speed-up within which, to either side, two rules count as equal once the interval does."""

Logs = NDArray[np.float64]
"""A rule's logarithms of speed, `[trials, tasks]`."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Holds a gain over another rule and the verdict on it."""

    gain: Gain
    verdict: str

    @property
    def clear(self) -> bool:
        """Tells whether more trials could hardly say more."""
        equal = self.gain.low > 1 / PRECISE and self.gain.high < PRECISE
        return self.verdict != OPEN or equal


@dataclass(frozen=True, slots=True)
class Judgement:
    """Holds the comparisons of a rule with AdamW and with the best baseline."""

    over_adamw: Comparison
    best: int
    """The place of the baseline over which the rule gains least, among those in question."""
    over_best: Comparison
    evidence: float
    """The e-value of a gain over AdamW, averaged over tasks."""

    @property
    def clear(self) -> bool:
        """Tells whether more trials could hardly say more."""
        return self.over_adamw.clear and self.over_best.clear


def judge(rules: Sequence[Logs], baselines: Sequence[Logs], level: float) -> list[Judgement]:
    """Judges every rule, at an error `level` for all of them together.

    The first baseline is AdamW. Each rule is compared in the trials that it has, of which every
    baseline has as many or more.
    """
    share = level / len(rules)
    judged = [judge_one(own, baselines[ADAMW], baselines, share) for own in rules]
    passed = discoveries([one.evidence for one in judged], level)
    return [one if ok else _unproven(one) for one, ok in zip(judged, passed, strict=True)]


def judge_one(own: Logs, adamw: Logs, others: Sequence[Logs], level: float) -> Judgement:
    """Judges a rule by its intervals alone, at an error `level` of its own.

    `others` are the baselines of which the best is in question.
    """
    over_each = [compare(own, other, level / len(others)) for other in others]
    best = int(np.argmin([one.gain.speedup for one in over_each]))
    verdicts = {one.verdict for one in over_each}
    verdict = WORSE if WORSE in verdicts else OPEN if OPEN in verdicts else BETTER
    return Judgement(
        compare(own, adamw, level),
        best,
        Comparison(over_each[best].gain, verdict),
        float(over_tasks(for_gain(_paired(own, adamw).T))),
    )


def compare(own: Logs, other: Logs, level: float) -> Comparison:
    """Compares a rule with another in the trials that both have."""
    gain = gain_of(_paired(own, other).mean(axis=1), level)
    return Comparison(gain, verdict_of(gain))


def verdict_of(gain: Gain) -> str:
    """Gives the verdict that an interval allows."""
    return BETTER if gain.low > 1 else WORSE if gain.high < 1 else OPEN


def gain_of(values: Sequence[float] | NDArray[np.float64], level: float) -> Gain:
    """Puts an interval around the mean of logarithms (base 2), one for each trial."""
    interval = anytime_interval(values, level)
    return Gain(
        float(np.exp2(np.mean(values))),
        float(np.exp2(interval.low)),
        float(np.exp2(interval.high)),
    )


def slopes(by_horizon: Sequence[Logs], horizons: Sequence[float]) -> NDArray[np.float64]:
    """Gives the change of the mean logarithm with each doubling of the horizon, `[trials]`.

    `by_horizon` are differences from AdamW at each horizon. The line is fitted by least squares.
    """
    doublings = np.log2(horizons)
    centred = doublings - doublings.mean()
    means = np.stack([logs.mean(axis=1) for logs in by_horizon])
    return np.asarray(centred @ means / (centred @ centred))


def _paired(own: Logs, other: Logs) -> Logs:
    trials = min(len(own), len(other))
    return own[:trials] - other[:trials]


def _unproven(one: Judgement) -> Judgement:
    """Takes a verdict of better back, for want of evidence on the tasks taken one by one."""
    first = one.over_adamw
    if first.verdict != BETTER:
        return one
    weaker = OPEN if one.over_best.verdict == BETTER else one.over_best.verdict
    return Judgement(
        Comparison(first.gain, OPEN),
        one.best,
        Comparison(one.over_best.gain, weaker),
        one.evidence,
    )
