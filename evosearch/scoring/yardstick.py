"""How many steps tuned AdamW needs to reach a loss: the yardstick that every score is read off.

AdamW is trained on a task for ¼, ½, 1, 2 and 4 times the task's steps, each with its own schedule
and its own tuned learning rate. Between the measured points the logarithm of the steps is linear
in the loss. A speed-up of 1.3 means that tuned AdamW needs 1.3 times the steps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from evosearch.language.library import known_rule
from evosearch.scoring.sweep import sweep
from evosearch.screening.contender import Contender
from evosearch.screening.screen import screen
from proxies import PLAIN, Engine, Task

HORIZONS = (0.25, 0.5, 1.0, 2.0, 4.0)
SLOWEST = 1 / 16
"""The lowest speed-up told apart; below ¼ it is read off the first two points' line."""
FASTEST = HORIZONS[-1]
BASELINE = "adamw"
SEEDS = 4
"""AdamW is measured with the seeds 0 … 3; a search uses the first of them."""
_VERSION = 2


@dataclass(frozen=True)
class Point:
    """AdamW trained for `steps` at its best rate: the loss of each of the seeds 0, 1, …"""

    steps: int
    rate: float
    losses: tuple[float, ...]

    @property
    def loss(self) -> float:
        return float(np.mean(self.losses))

    @property
    def deviation(self) -> float:
        """Between seeds."""
        return float(np.std(self.losses, ddof=1))


@dataclass(frozen=True)
class Yardstick:
    """AdamW's tuned loss as a function of its steps; `points` in the order of steps."""

    task: str
    steps: int
    """The task's own steps, for which a speed-up is 1 by definition."""
    points: tuple[Point, ...]

    def speedup(self, loss: float) -> float:
        """The steps that tuned AdamW needs to reach `loss`, over the task's, in [1/16, 4]."""
        if not np.isfinite(loss):
            return SLOWEST
        # A longer run that came out worse by noise must not make the map ambiguous.
        losses = np.minimum.accumulate([point.loss for point in self.points])
        losses = losses - 1e-9 * np.arange(len(losses))
        logs = np.log2([point.steps / self.steps for point in self.points])
        if loss > losses[0]:
            slope = (logs[1] - logs[0]) / (losses[1] - losses[0])
            log = logs[0] + slope * (loss - losses[0])
        else:
            log = np.interp(loss, losses[::-1], logs[::-1])
        return float(np.clip(2.0**log, SLOWEST, FASTEST))

    @property
    def baseline_losses(self) -> dict[int, float]:
        """Seed to AdamW's loss at the task's own steps."""
        (point,) = (point for point in self.points if point.steps == self.steps)
        return dict(enumerate(point.losses))

    def relative_speedups(
        self, losses: Mapping[int, float], baseline: Mapping[int, float]
    ) -> dict[int, float]:
        """Seed to speed-up, over AdamW's own on that seed.

        The pairing takes out what initial weights and data have in common, which is most of the
        noise. Both arguments map seeds to losses at the task's own steps.
        """
        return {
            seed: self.speedup(loss) / self.speedup(baseline[seed]) for seed, loss in losses.items()
        }

    @property
    def resolution(self) -> float:
        """Seed noise at the task's own steps, as the relative speed-up that one seed resolves."""
        before, here, after = self.points[1:4]
        doublings = here.deviation / max((before.loss - after.loss) / 2, 1e-12)
        return float(2.0**doublings - 1)


class MeasuredTask(NamedTuple):
    """A task, and tuned AdamW's yardstick on it."""

    task: Task
    yardstick: Yardstick


def baseline() -> Contender:
    """AdamW, as a contender."""
    return screen(known_rule(BASELINE)).contender


def measure_point(task: Task, steps: int, engine: Engine = PLAIN) -> Point:
    """Tunes and trains AdamW for `steps`."""
    (swept,) = sweep(task, [baseline()], steps, [range(SEEDS)], engine=engine)
    return Point(steps, swept.best_rate, tuple(swept.best_losses().values()))


def measure(task: Task, engine: Engine = PLAIN) -> Yardstick:
    """Measures the whole yardstick in this process."""
    points = tuple(measure_point(task, steps, engine) for steps in horizons(task))
    return Yardstick(task.name, task.steps, points)


def horizons(task: Task) -> list[int]:
    """The steps at which the yardstick is measured."""
    return [max(1, round(task.steps * factor)) for factor in HORIZONS]


def cache_path(folder: Path, task: Task) -> Path:
    """Where the yardstick of a task is kept; its name changes with everything it depends on."""
    return folder / f"{task.name}-{task.digest()}-torch{torch_version()}-v{_VERSION}.json"


def torch_version() -> str:
    """Without what is said of the build."""
    return str(torch.__version__.split("+")[0])


def load(path: Path) -> Yardstick | None:
    """A cached yardstick; None where there is none that can be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return from_record(record)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def save(path: Path, yardstick: Yardstick) -> None:
    """Writes the cache file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(yardstick), indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def from_record(record: Any) -> Yardstick:
    """The yardstick that `dataclasses.asdict` made this record of.

    Raises:
        ValueError, TypeError or KeyError: it is no such record.
    """
    points = tuple(
        Point(int(p["steps"]), float(p["rate"]), tuple(map(float, p["losses"])))
        for p in record["points"]
    )
    if len(points) != len(HORIZONS):
        raise ValueError(f"expected {len(HORIZONS)} points, got {len(points)}")
    return Yardstick(str(record["task"]), int(record["steps"]), points)
