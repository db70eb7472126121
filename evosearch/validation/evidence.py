"""Weighs the trials of rules against those of baselines, and gives verdicts.

A trial gives one number for each rule and task, the logarithm (base 2) of its speed. What is
compared is the mean over tasks of the differences within a trial: trials are independent of each
other, however much tasks have in common.

Intervals hold for all rules at once and after every trial (`scoring.confidence_sequence`): each of
K rules has the share 1/K of the level. The gain over the best of B baselines is the least of the
gains over each, whichever that is. Its lower end is the least of B lower ends, each at the whole
share: it is too high only if that of the best is, which is one (an intersection-union test; Berger,
Technometrics, 1982). Its upper end is the least of B upper ends; any of them may be too low, so
each has 1/B of the share.

A rule is better if its interval lies above 1, and worse if below. What is better than the best
baseline is better than AdamW too, by an end at least as high. So where noise is as likely to either
side, the chance of any wrong "better", over AdamW or over the best, is at most half the level; that
of any wrong verdict is at most the level, or half as much again where a rule is exactly as fast as
the best baseline. A rule is called better than AdamW if, besides, its e-value for a gain, averaged
over tasks, is a discovery of the e-BH procedure among all rules. As this may want more trials than
the interval, a rule that is better is not clear before.

What happens in few trials, as that a training diverges, an interval of few trials cannot know:
where 2% of the trainings of rules alone diverge, all eight intervals hold in 76% of simulated
validations and not in 95% (`scripts/study_verdicts.py`). So the share that diverged is told beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    proven: bool
    """Whether this is enough for a discovery, whatever the evidence of other rules."""

    @property
    def clear(self) -> bool:
        """Tells whether more trials could hardly say more."""
        backed = self.proven or self.over_adamw.verdict != BETTER
        return backed and self.over_adamw.clear and self.over_best.clear


def judge(rules: Sequence[Logs], baselines: Sequence[Logs], level: float) -> list[Judgement]:
    """Judges every rule, at an error `level` for all of them together.

    The first baseline is AdamW. Each rule is compared in the trials that it has, of which every
    baseline has as many or more.
    """
    share = level / max(1, len(rules))
    judged = [judge_one(own, baselines[ADAMW], baselines, share) for own in rules]
    passed = discoveries([one.evidence for one in judged], level)
    return [one if ok else _unproven(one) for one, ok in zip(judged, passed, strict=True)]


def judge_one(own: Logs, adamw: Logs, others: Sequence[Logs], level: float) -> Judgement:
    """Judges a rule by its intervals alone, at an error `level` of its own.

    `others` are the baselines of which the best is in question.
    """
    means = [_means(own, other) for other in others]
    gains = [gain_of(one, level) for one in means]
    best = int(np.argmin([gain.speedup for gain in gains]))
    over_best = Gain(
        gains[best].speedup,
        min(gain.low for gain in gains),
        min(gain_of(one, level / len(others)).high for one in means),
    )
    evidence = float(over_tasks(for_gain(_paired(own, adamw).T)))
    return Judgement(
        compare(own, adamw, level), best, _compared(over_best), evidence, evidence * level >= 1
    )


def compare(own: Logs, other: Logs, level: float) -> Comparison:
    """Compares a rule with another in the trials that both have."""
    return _compared(gain_of(_means(own, other), level))


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


def _compared(gain: Gain) -> Comparison:
    return Comparison(gain, verdict_of(gain))


def _means(own: Logs, other: Logs) -> NDArray[np.float64]:
    return np.asarray(_paired(own, other).mean(axis=1))


def _paired(own: Logs, other: Logs) -> Logs:
    trials = min(len(own), len(other))
    return own[:trials] - other[:trials]


def _unproven(one: Judgement) -> Judgement:
    """Takes a verdict of better back, for want of evidence on the tasks taken one by one."""
    return replace(one, over_adamw=_held_back(one.over_adamw), over_best=_held_back(one.over_best))


def _held_back(one: Comparison) -> Comparison:
    return replace(one, verdict=OPEN) if one.verdict == BETTER else one
