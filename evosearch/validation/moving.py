"""Finds how far the rate and constants of a tuned rule can be moved before it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from evosearch.scoring.sensitivity import Sensitivity, sensitivities
from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Training, carry_out
from evosearch.screening.family import Scale
from evosearch.validation.decay import without_decay
from evosearch.validation.outcome import Moved
from evosearch.validation.trials import Entry
from proxies import PLAIN, Engine, Task

_FACTORS = (2.0, 4.0)
"""By what values are multiplied and divided; of a decay rate, its distance from one."""
_SEEDS = tuple(range(300_000, 300_004))


def count(entry: Entry) -> int:
    """Counts the trainings that `moved` takes for a rule: 4, and 16 for the rate and constants."""
    return len(_SEEDS) * (1 + 2 * len(_FACTORS) * (1 + len(entry.family.names)))


def moved(
    task: Task, steps: int, entry: Entry, best: Setting, engine: Engine = PLAIN
) -> tuple[Moved, ...]:
    """Moves the rate, then each constant, with all else at the best setting."""
    contender = entry.family.contender(best.constants)
    assert contender is not None, f"{best} was trained before"
    task = without_decay(task)
    trainings = [Training(contender, best.rate, seed) for seed in _SEEDS]
    losses = [one.loss for one in carry_out(task, steps, trainings, engine)]
    ranges = sensitivities(
        task, entry.family, best, losses, _SEEDS, engine, np.log(_FACTORS).tolist(), steps
    )
    scales = (Scale.SIZE, *entry.family.scales)
    return tuple(_factors(one, scale) for one, scale in zip(ranges, scales, strict=True))


def to_record(values: Sequence[Moved]) -> dict[str, Any]:
    """Gives what JSON can hold."""
    return {"moved": [asdict(one) for one in values]}


def from_record(record: Mapping[str, Any]) -> tuple[Moved, ...]:
    """Makes what `to_record` gave this record of.

    Raises:
        TypeError or KeyError: it is no such record.
    """
    return tuple(Moved(**one) for one in record["moved"])


def _factors(one: Sensitivity, scale: Scale) -> Moved:
    middle = scale.natural(one.value)
    sides = [
        (float(np.exp(abs(scale.natural(end) - middle))), is_open)
        for end, is_open in ((one.low, one.open_low), (one.high, one.open_high))
    ]
    # The smaller a decay rate, the larger its distance from one.
    below, above = reversed(sides) if scale is Scale.DECAY else sides
    return Moved(one.name, below[0], above[0], below[1], above[1])
