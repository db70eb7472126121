"""Keeps yardsticks as files, so that one is measured once per machine and not once per run.

Those of some tasks ship with the package, as part of what qualified them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch

from evosearch.files import write_whole
from evosearch.scoring.yardstick import CONSTANTS, HORIZONS, Point, Yardstick, baseline
from proxies import Task

_VERSION = 3


def cache_path(folder: Path, task: Task) -> Path:
    """Names the file of a task's yardstick; the name changes with all that it depends on."""
    return folder / f"{task.name}-{task.digest()}-torch{torch_version()}-v{_VERSION}.json"


def torch_version() -> str:
    """Gives torch's version without its build, such as `2.6.0` for `2.6.0+cpu`."""
    return str(torch.__version__.split("+")[0])


def find(folder: Path, task: Task, budget: int) -> Yardstick | None:
    """Looks up a yardstick that was tuned with at least that budget: measured here, or on record.

    Gives None where there is none that can be read.
    """
    try:
        measured = from_record(json.loads(cache_path(folder, task).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        measured = None
    for yardstick in (measured, recorded(task)):
        if yardstick is not None and yardstick.budget >= budget:
            return yardstick
    return None


def recorded(task: Task) -> Yardstick | None:
    """Gives the yardstick in the qualification that ships; None where there is none for the task.

    One is there if the task is as it was, and AdamW was tuned at all horizons.
    """
    record = _records().get(task.name, {})
    if record.get("digest") != task.digest() or not record.get("budget"):
        return None
    return from_record(record) if len(record["points"]) == len(HORIZONS) else None


def save(folder: Path, task: Task, yardstick: Yardstick) -> None:
    """Writes the file, whole or not at all; makes its folder where that is missing."""
    path = cache_path(folder, task)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(asdict(yardstick), indent=1) + "\n").encode())


@cache
def _records() -> Mapping[str, Any]:
    """Gives the records that ship with the package, measured once so that no run need wait."""
    text = files("evosearch.scoring").joinpath("qualification.json").read_text(encoding="utf-8")
    records: Mapping[str, Any] = json.loads(text)
    return records


def from_record(record: Any) -> Yardstick:
    """Makes the yardstick of which `dataclasses.asdict` gave this record.

    Raises:
        ValueError, TypeError or KeyError: it is no such record.
    """
    points = points_from_records(record["points"])
    if len(points) != len(HORIZONS):
        raise ValueError(f"expected {len(HORIZONS)} points, got {len(points)}")
    (default,) = points_from_records([record["default"]])
    return Yardstick(
        str(record["task"]), int(record["steps"]), points, default, int(record["budget"])
    )


def points_from_records(records: Any) -> tuple[Point, ...]:
    """Makes the points of which `dataclasses.asdict` gave these records.

    Raises:
        ValueError, TypeError or KeyError: they are no such records.
    """
    points = tuple(
        Point(
            int(p["steps"]),
            float(p["rate"]),
            tuple(map(float, p["losses"])),
            # Those of before constants were tuned are AdamW's own.
            tuple(map(float, p.get("constants", baseline().defaults))),
        )
        for p in records
    )
    for point in points:
        if len(point.constants) != len(CONSTANTS):
            raise ValueError(f"expected {len(CONSTANTS)} constants, got {len(point.constants)}")
    return points
