"""Whether a task can tell rules apart: how steadily AdamW's loss falls, and how noisy seeds are.

A task qualifies if AdamW's tuned loss falls with every doubling of the steps from ¼ to 4 times the
task's, each time by at least `STEADY` standard deviations between seeds at the longer of the two,
and if its resolution is at most `LIMIT`.

The resolution is the speed-up that one seed tells from none: the standard deviation of the final
loss over seeds, at the task's own steps and AdamW's best rate, divided by what a doubling of the
steps gains there (the mean of the doublings before and after), as a power of 2, less one.
*Unpaired* it is of AdamW's loss. *Paired* it is of the difference to another rule's loss on the
same seed, which starts from the same weights and sees the same data: what a search compares. That
holds the noise of both rules, and is the smaller the more alike they train. The other rule is
`COMPANION`, tuned in the same way. The verdict is by the unpaired one, which no choice of rule
makes.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch

from evosearch.language.library import known_rule
from evosearch.scoring.sweep import GRID, Training, carry_out, sweep
from evosearch.scoring.yardstick import (
    HORIZONS,
    SEEDS,
    Point,
    Yardstick,
    baseline,
    measure_point,
    torch_version,
)
from evosearch.screening.contender import Contender
from evosearch.screening.screen import screen
from proxies import PLAIN, Engine, Task
from proxies.training.cost import replica_step_seconds

COMPANION = "cautious_adamw"
NOISE_SEEDS = 16
_FIRST_NOISE_SEED = 100
"""Seeds that no task was tuned with, so that the noise is no better than it will be."""
LIMIT = 0.10
"""The coarsest resolution of a task that qualifies; 0.05 is aimed at."""
STEADY = 3.0
_CANDIDATE_REPLICAS = len(GRID) * 2
"""Of one candidate in a search: its rates, on two seeds."""
_TIMED_REPLICAS = 8 * _CANDIDATE_REPLICAS
"""A block of candidates is trained together."""
_TIMED_STEPS = 20


@dataclass(frozen=True)
class Qualification:
    """What was measured of one task, and the verdict."""

    task: str
    digest: str
    """Of the task as it was then."""
    steps: int
    points: tuple[Point, ...]
    """Tuned AdamW at the horizons, the shortest first; the longest may be missing."""
    losses: tuple[float, ...]
    """AdamW's at the task's own steps, of seeds of their own."""
    companion_losses: tuple[float, ...]
    """The same of the other rule."""
    replica_step_seconds: float
    machine: str
    """Where that time was taken, and with which torch."""

    @property
    def complete(self) -> bool:
        return len(self.points) == len(HORIZONS)

    @property
    def gain(self) -> float:
        """What a doubling of the steps gains around the task's own; only the one before it where
        the one after was not measured.
        """
        before, here, *later = (point.loss for point in self.points[1:4])
        return (before - later[0]) / 2 if later else before - here

    @property
    def resolution(self) -> float:
        return self._speedup(float(np.std(self.losses, ddof=1)))

    @property
    def paired_resolution(self) -> float:
        differences = np.subtract(self.companion_losses, self.losses)
        return self._speedup(float(np.std(differences, ddof=1)))

    @property
    def falls(self) -> tuple[float, ...]:
        """What each doubling gains, in standard deviations between seeds at its end."""
        return tuple(
            (short.loss - long.loss) / max(long.deviation, 1e-12)
            for short, long in zip(self.points, self.points[1:], strict=False)
        )

    @property
    def faults(self) -> tuple[str, ...]:
        """Why the task does not qualify."""
        found = []
        for point, fall in zip(self.points[1:], self.falls, strict=True):
            if not fall >= STEADY:
                found.append(
                    f"the loss falls by {fall:.1f} standard deviations to {point.steps} steps, "
                    f"expected {STEADY:g}"
                )
        if not self.resolution <= LIMIT:
            found.append(f"resolution {self.resolution:.0%} per seed, expected {LIMIT:.0%}")
        return tuple(found)

    @property
    def verdict(self) -> str:
        if self.faults:
            return "not qualified"
        return "qualified" if self.complete else "not fully qualified"

    @property
    def unmeasured(self) -> tuple[float, ...]:
        """The horizons without a point."""
        return HORIZONS[len(self.points) :]

    def _speedup(self, noise: float) -> float:
        doublings = noise / self.gain if self.gain > 0 else np.inf
        return float(2.0 ** min(doublings, 1000.0) - 1)


def qualify(
    task: Task,
    longest: float = HORIZONS[-1],
    seeds: int = NOISE_SEEDS,
    known: Yardstick | None = None,
    engine: Engine = PLAIN,
) -> Qualification:
    """Measures a task in this process, up to `longest` times its steps (at least 1).

    The noise is that of `seeds` seeds, which are none of the yardstick's. The points of a
    yardstick that is `known` are taken as they are.
    """
    wanted = [factor for factor in HORIZONS if factor <= longest]
    measured = {point.steps: point for point in known.points} if known else {}
    points = []
    for factor in wanted:
        steps = max(1, round(task.steps * factor))
        points.append(measured.get(steps) or measure_point(task, steps, engine))
    own = points[HORIZONS.index(1.0)]
    companion = screen(known_rule(COMPANION)).contender
    (swept,) = sweep(task, [companion], task.steps, [range(SEEDS)], engine=engine)
    noise = range(_FIRST_NOISE_SEED, _FIRST_NOISE_SEED + seeds)
    return Qualification(
        task=task.name,
        digest=task.digest(),
        steps=task.steps,
        points=tuple(points),
        losses=_losses(task, baseline(), own.rate, noise, engine),
        companion_losses=_losses(task, companion, swept.best_rate, noise, engine),
        replica_step_seconds=measure_time(task, engine),
        machine=machine_note(),
    )


def measure_time(task: Task, engine: Engine = PLAIN) -> float:
    """The time in seconds of a replica-step of AdamW, trained as a block of candidates is."""
    steps = min(task.steps, _TIMED_STEPS)
    return replica_step_seconds(task, baseline().plan, _TIMED_REPLICAS, steps, engine)


def candidate_seconds(task: Task, replica_step: float) -> float:
    """The training time of one candidate of a search on a task, at 4 rates and 2 seeds."""
    return replica_step * task.steps * _CANDIDATE_REPLICAS


def machine_note() -> str:
    return f"{platform.machine()}, CPU, {torch.get_num_threads()} thread, torch {torch_version()}"


def load(folder: Path, task: Task) -> Qualification | None:
    """What is known of a task as it is now: measured here, else on record; None where neither."""
    digest = task.digest()
    records = [_read(path) for path in (_cache_path(folder, task, digest),) if path.is_file()]
    records += [record for record in (recorded().get(task.name),) if record]
    for record in records:
        found = from_record(record)
        if found is not None and found.digest == digest:
            return found
    return None


def save(folder: Path, task: Task, found: Qualification) -> None:
    """Keeps a qualification with the yardsticks."""
    path = _cache_path(folder, task, found.digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(found)) + "\n", encoding="utf-8")


@cache
def recorded() -> Mapping[str, Any]:
    """The measurements that ship with the package, by task."""
    text = files("evosearch.scoring").joinpath("qualification.json").read_text(encoding="utf-8")
    records: Mapping[str, Any] = json.loads(text)
    return records


def to_record(found: Qualification) -> dict[str, Any]:
    """Rounded, for the table that ships with the package."""
    return dict(_rounded(asdict(found)))


def from_record(record: Any) -> Qualification | None:
    """The qualification of which this is the record; None where it is none."""
    try:
        points = tuple(
            Point(int(p["steps"]), float(p["rate"]), tuple(map(float, p["losses"])))
            for p in record["points"]
        )
        lists = {key: tuple(map(float, record[key])) for key in ("losses", "companion_losses")}
        return Qualification(**{**record, "points": points, **lists})
    except (TypeError, KeyError, ValueError):
        return None


def _losses(
    task: Task, contender: Contender, rate: float, seeds: Sequence[int], engine: Engine
) -> tuple[float, ...]:
    trainings = [Training(contender, rate, seed) for seed in seeds]
    return tuple(e.loss for e in carry_out(task, task.steps, trainings, engine))


def _cache_path(folder: Path, task: Task, digest: str) -> Path:
    return folder / f"{task.name}-{digest}-torch{torch_version()}-qualification.json"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _rounded(record: Any) -> Any:
    if isinstance(record, float):
        return float(f"{record:.6g}")
    if isinstance(record, dict):
        return {key: _rounded(value) for key, value in record.items()}
    if isinstance(record, list | tuple):
        return [_rounded(value) for value in record]
    return record
