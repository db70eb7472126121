"""Says which learning rate and weight decay to use, given those that one uses with AdamW.

Both rules are tuned alike: the best of a grid of learning rates, constants as they are, several
times over, on seeds of their own. The ratio of the best rates is the advice, and its spread over
tasks and tunings says how far to trust it.

Weight decay follows from sizes. A step is `w <- (1 - lr * decay) * w - lr * u`: decay pulls weights
by `decay * w` where the rule pushes by `u`, so what balances is the decay over the size of `u`. The
trainer here keeps that ratio (see `Task.weight_decay`), and so does who multiplies AdamW's decay by
the ratio of the sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evosearch.card.section import Fact, Section, short
from evosearch.card.sweeps import Rule, Sweep
from evosearch.card.update_sizes import UpdateSizes
from proxies import Task

TUNINGS = 3
"""The times that each rate is sought, on different seeds."""
_SURE = 2.0
"""The factor within which tunings agree."""


@dataclass(frozen=True)
class Tuning:
    """Holds the best learning rates of one tuning on one task, as an optimizer takes them."""

    task: str
    rate: float
    adamw_rate: float

    @property
    def ratio(self) -> float:
        """Gives the rule's learning rate over AdamW's."""
        return self.rate / self.adamw_rate


@dataclass(frozen=True)
class TaskLosses:
    """Holds the mean losses at the best rates that were tried on a task."""

    task: str
    loss: float
    adamw_loss: float
    enclosed: bool
    """Whether both best rates have worse ones on both sides; else the ratio is a bound at most."""


@dataclass(frozen=True)
class Advice:
    """Says how to set a rule by what one knows of AdamW."""

    rate_ratio: float
    """The learning rate over AdamW's: the geometric mean over tasks and tunings."""
    rate_low: float
    rate_high: float
    """The least and the greatest ratio of any tuning."""
    decay_ratio: float
    """The weight decay over AdamW's: the ratio of the sizes of updates over the training."""
    trained_decay_ratio: float
    """The same in the trainings behind this, which go by the sizes on the probe."""
    product_ratio: float
    """The shares of the weights that decay takes in a step, `lr * decay`, over AdamW's."""
    tunings: tuple[Tuning, ...]
    losses: tuple[TaskLosses, ...]


def advice(
    rule: Rule,
    adamw: Rule,
    swept: Sequence[tuple[Task, Sweep, Sweep]],
    updates: UpdateSizes,
) -> Advice:
    """Compares the best rates of a rule and AdamW, of sweeps over the same seeds, task by task."""
    tunings = []
    for task, own, other in swept:
        for part in _parts(len(own.losses[0])):
            rate = own.best(part) / rule.contender.update_size
            tunings.append(Tuning(task.name, rate, other.best(part) / adamw.contender.update_size))
    ratios = [one.ratio for one in tunings]
    ratio = float(np.exp(np.mean(np.log(ratios))))
    return Advice(
        ratio,
        min(ratios),
        max(ratios),
        updates.ratio,
        rule.contender.update_size / adamw.contender.update_size,
        ratio * updates.ratio,
        tuple(tunings),
        tuple(
            TaskLosses(
                task.name,
                own.mean(own.grid_best),
                other.mean(other.grid_best),
                own.enclosed and other.enclosed,
            )
            for task, own, other in swept
        ),
    )


def _parts(seeds: int) -> list[list[int]]:
    """Splits the seeds, counted from 0, into those of the tunings."""
    return [list(range(first, seeds, TUNINGS)) for first in range(TUNINGS)]


def advice_section(values: Advice) -> Section:
    """Tells which learning rate and weight decay to use."""
    facts = [
        Fact(
            "learning rate, over AdamW's",
            f"{short(values.rate_ratio)} times ({short(values.rate_low)} to "
            f"{short(values.rate_high)} over {len(values.tunings)} tunings)",
        ),
        Fact(
            "weight decay, over AdamW's",
            f"{short(values.decay_ratio)} times, as updates are in training "
            f"({short(values.trained_decay_ratio)} in these trainings, by update sizes on a probe)",
        ),
        Fact(
            "share of weights that decay then takes",
            f"{short(values.product_ratio)} times AdamW's in each step (rate times decay)",
        ),
    ]
    for one in values.losses:
        own = [tuning for tuning in values.tunings if tuning.task == one.task]
        rates = [float(np.exp(np.mean(np.log([*r])))) for r in zip(*_rates(own), strict=True)]
        facts.append(
            Fact(
                f"best learning rate on {one.task}",
                f"{short(rates[0])}, AdamW's {short(rates[1])}"
                + ("" if one.enclosed else " (at the edge of what was tried: a bound)"),
            )
        )
        facts.append(
            Fact(f"loss there on {one.task}", f"{one.loss:.4g}, AdamW's {one.adamw_loss:.4g}")
        )
    return Section(
        "advice",
        "Learning rate and weight decay",
        "Both rules, with their constants as they are, were trained at the same relative rates, a "
        f"factor of two apart, on the same seeds, which make {TUNINGS} tunings on each task.",
        tuple(facts),
        _meaning(values),
        values,
    )


def _rates(tunings: Sequence[Tuning]) -> list[tuple[float, float]]:
    return [(one.rate, one.adamw_rate) for one in tunings]


def _meaning(values: Advice) -> str:
    tasks = {one.task for one in values.losses}
    if not all(one.enclosed for one in values.losses):
        sure = " The best rate was not enclosed, so search around it, or allow more rates."
    elif values.rate_high > _SURE * values.rate_low:
        sure = " Tunings do not agree to a factor of 2, so search around it."
    elif len(tasks) == 1:
        sure = (
            " This is of one small task: measure more of them, or search a factor of 3 around it."
        )
    else:
        sure = ""
    return (
        f"Start with {_times(values.rate_ratio)} the learning rate that you use with AdamW, and "
        f"{_times(values.decay_ratio)} its weight decay: decay pulls weights by the rate times "
        "decay * w while the rule pushes by the rate times its update, so a decay that grows as "
        f"updates do keeps the balance.{sure}"
    )


def _times(ratio: float) -> str:
    return "exactly" if short(ratio) == "1" else f"{short(ratio)} times"
