"""Follows the size of a rule's updates over a training, beside AdamW's over its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evosearch.card.gradients import Array, directions, root_mean_square
from evosearch.card.section import Fact, Section, percent, short
from evosearch.card.sweeps import Rule
from evosearch.graph.lowering import lower
from evosearch.screening.trajectory import Inputs
from primitives import NumpySegments
from proxies import PLAIN, Engine, Replica, Task
from proxies.training.recording import record

_MOMENTS = (0.01, 0.1, 0.5, 1.0)
"""The shares of the training at which the size is taken."""
_WINDOW = 0.05
"""The share of the training over which it is taken, ending or beginning there."""
_STEADY = 2.0
"""The factor within which sizes are the same all along."""


@dataclass(frozen=True)
class Sizes:
    """Holds the root mean square of a rule's direction over a training."""

    at: tuple[float, ...]
    """At 1%, 10%, 50% and 100% of the training."""
    peak: float
    """The largest of any step."""
    whole: float
    """Over the whole training."""


@dataclass(frozen=True)
class UpdateSizes:
    """Holds the sizes of a rule's updates, and those of AdamW's in a training of its own."""

    task: str
    moments: tuple[float, ...]
    own: Sizes
    adamw: Sizes

    @property
    def ratio(self) -> float:
        """Gives the rule's size over AdamW's, over the whole training."""
        return self.own.whole / self.adamw.whole


def recorded(task: Task, rule: Rule, rate: float, seed: int, engine: Engine = PLAIN) -> Inputs:
    """Records a rule's training on a task at a relative rate, as far as all is finite."""
    size = rule.contender.update_size
    replica = Replica(
        rule.contender.plan,
        rate / size,
        seed,
        task.weight_decay * size,
        rule.contender.constants,
    )
    made = record(task, replica, task.steps, engine)
    return Inputs(NumpySegments(made.shapes), made.weights, made.gradients, made.rates[:, None])


def sizes(rule: Rule, inputs: Inputs) -> Sizes:
    """Measures the directions of a rule on its recorded training."""
    rows = directions(lower(rule.program, bind=True), inputs)
    each = [root_mean_square(row) for row in rows]
    return Sizes(
        tuple(root_mean_square(_window(rows, moment)) for moment in _MOMENTS),
        float(np.max(each)),
        root_mean_square(rows),
    )


def _window(rows: Array, moment: float) -> Array:
    """Cuts the steps around a share of the training out, at least one of them."""
    length = max(1, round(_WINDOW * len(rows)))
    start = min(max(0, round(moment * len(rows)) - length), len(rows) - length)
    return rows[start : start + length]


def update_sizes_section(task: Task, values: UpdateSizes) -> Section:
    """Tells how large updates are over a training."""
    facts = []
    for moment, own, other in zip(values.moments, values.own.at, values.adamw.at, strict=True):
        facts.append(
            Fact(
                f"at {percent(moment)} of the training",
                f"{short(own)} ({percent(own / values.own.peak)} of its peak; AdamW {short(other)},"
                f" {percent(other / values.adamw.peak)} of its own)",
            )
        )
    facts.append(Fact("over the whole, relative to AdamW's", f"{short(values.ratio)} times"))
    return Section(
        "update_sizes",
        "Size of updates over a training",
        f"The root mean square of the direction, without the learning rate, over the "
        f"{percent(_WINDOW)} of a training of {task.steps} steps on {task.name} that end there "
        f"(the first ones at {percent(_MOMENTS[0])}); each rule at its own best rate.",
        tuple(facts),
        _meaning(values),
        values,
    )


def _meaning(values: UpdateSizes) -> str:
    first, last = values.own.at[1], values.own.at[-1]
    fall = last / first if first else np.nan
    if not np.isfinite(fall):
        return "The direction is zero or not finite in places."
    if 1 / _STEADY <= fall <= _STEADY:
        return (
            "Updates are as large at the end as after the warm-up: they do not shrink by "
            "themselves, so the learning rate must be brought to zero by a schedule."
        )
    if fall < 1:
        return (
            f"Updates shrink {short(1 / fall)} times from 10% of the training to its end by "
            "themselves, on top of the schedule: a schedule that falls less may do."
        )
    return (
        f"Updates grow {short(fall)} times from 10% of the training to its end: the schedule must "
        "make up for that."
    )


def measured_sizes(task: Task, own: tuple[Rule, Inputs], adamw: tuple[Rule, Inputs]) -> UpdateSizes:
    """Measures both rules, each on its own recorded training."""
    return UpdateSizes(task.name, _MOMENTS, sizes(*own), sizes(*adamw))
