"""Keeps yardsticks as files, so that one is measured once per machine and not once per run."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from evosearch.scoring.yardstick import HORIZONS, Point, Yardstick
from proxies import Task

_VERSION = 2


def cache_path(folder: Path, task: Task) -> Path:
    """Names the file of a task's yardstick; the name changes with all that it depends on."""
    return folder / f"{task.name}-{task.digest()}-torch{torch_version()}-v{_VERSION}.json"


def torch_version() -> str:
    """Gives torch's version without its build, such as `2.6.0` for `2.6.0+cpu`."""
    return str(torch.__version__.split("+")[0])


def load(path: Path) -> Yardstick | None:
    """Reads a yardstick; gives None where there is none that can be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return from_record(record)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def save(path: Path, yardstick: Yardstick) -> None:
    """Writes the file, whole or not at all; makes its folder where that is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(yardstick), indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def from_record(record: Any) -> Yardstick:
    """Makes the yardstick of which `dataclasses.asdict` gave this record.

    Raises:
        ValueError, TypeError or KeyError: it is no such record.
    """
    points = points_from_records(record["points"])
    if len(points) != len(HORIZONS):
        raise ValueError(f"expected {len(HORIZONS)} points, got {len(points)}")
    return Yardstick(str(record["task"]), int(record["steps"]), points)


def points_from_records(records: Any) -> tuple[Point, ...]:
    """Makes the points of which `dataclasses.asdict` gave these records.

    Raises:
        ValueError, TypeError or KeyError: they are no such records.
    """
    return tuple(
        Point(int(p["steps"]), float(p["rate"]), tuple(map(float, p["losses"]))) for p in records
    )
