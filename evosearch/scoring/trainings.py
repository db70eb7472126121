"""Carries out trainings of rules on a task, many at once, and records how each ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evosearch.scoring.setting import Setting
from evosearch.screening.contender import Contender
from proxies import PLAIN, Engine, Replica, Rungs, Task, train

LARGEST_COHORT = 64
"""The most replicas trained together; beyond, time per replica falls little and memory grows."""


@dataclass(frozen=True, slots=True)
class Training:
    """Describes a training to carry out; `rate` is relative to the rule's update size."""

    contender: Contender
    rate: float
    seed: int

    @property
    def setting(self) -> Setting:
        """Gives the rate and the rule's constants."""
        return Setting(self.rate, self.contender.constants)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Holds the outcome of one training.

    `loss` is the held-out loss at the end, infinite where the training diverged.
    """

    task: str
    steps: int
    seed: int
    rate: float
    """The peak learning rate relative to the update size."""
    loss: float
    constants: tuple[float, ...] = ()

    @property
    def setting(self) -> Setting:
        """Gives the rate and the rule's constants."""
        return Setting(self.rate, self.constants)


def carry_out(
    task: Task, steps: int, trainings: Sequence[Training], engine: Engine = PLAIN
) -> list[Evaluation]:
    """Carries out trainings to the end, many at once; gives their results in the same order."""
    evaluations: list[Evaluation] = []
    for start in range(0, len(trainings), LARGEST_COHORT):
        chunk = trainings[start : start + LARGEST_COHORT]
        losses = train_together(task, steps, chunk, engine)
        evaluations += [
            evaluation(task, steps, training, float(loss))
            for training, loss in zip(chunk, losses, strict=True)
        ]
    return evaluations


def train_together(
    task: Task,
    steps: int,
    trainings: Sequence[Training],
    engine: Engine,
    rungs: Rungs | None = None,
) -> NDArray[np.float64]:
    """Gives the held-out loss of each training, NaN where the judge of `rungs` stopped it."""
    return train(task, [_replica(task, training) for training in trainings], steps, engine, rungs)


def evaluation(task: Task, steps: int, training: Training, loss: float) -> Evaluation:
    """Records how a training ended."""
    return Evaluation(
        task.name, steps, training.seed, training.rate, loss, training.contender.constants
    )


def _replica(task: Task, training: Training) -> Replica:
    size = training.contender.update_size
    return Replica(
        plan=training.contender.plan,
        rate=training.rate / size,
        seed=training.seed,
        weight_decay=task.weight_decay * size,
        constants=training.contender.constants,
    )
