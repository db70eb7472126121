"""Keeps qualifications: those that ship with the package, and those measured on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from evosearch.files import write_whole
from evosearch.scoring.qualification import Qualification
from evosearch.scoring.yardstick_cache import points_from_records, torch_version
from proxies import Task


def load(folder: Path, task: Task) -> Qualification | None:
    """Looks up a task as it is now: measured here, else on record; gives None where neither."""
    digest = task.digest()
    path = _cache_path(folder, task, digest)
    for record in (_read(path), recorded().get(task.name)):
        qualification = from_record(record)
        if qualification is not None and qualification.digest == digest:
            return qualification
    return None


def save(folder: Path, task: Task, qualification: Qualification) -> None:
    """Keeps a qualification as a file in the folder, which is made where it is missing."""
    path = _cache_path(folder, task, qualification.digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(asdict(qualification)) + "\n").encode())


@cache
def recorded() -> Mapping[str, Any]:
    """Gives the records that ship with the package, by task."""
    text = files("evosearch.scoring").joinpath("qualification.json").read_text(encoding="utf-8")
    records: Mapping[str, Any] = json.loads(text)
    return records


def to_record(qualification: Qualification) -> dict[str, Any]:
    """Makes a record, rounded to six digits, for the table that ships with the package."""
    return dict(_rounded(asdict(qualification)))


def from_record(record: Any) -> Qualification | None:
    """Makes the qualification of which this is the record; gives None where it is none."""
    try:
        points = points_from_records(record["points"])
        lists = {key: tuple(map(float, record[key])) for key in ("losses", "companion_losses")}
        default = record.get("default")
        measured = points_from_records([default])[0] if default else None
        return Qualification(**{**record, "points": points, "default": measured, **lists})
    except (TypeError, KeyError, ValueError):
        return None


def _cache_path(folder: Path, task: Task, digest: str) -> Path:
    return folder / f"{task.name}-{digest}-torch{torch_version()}-qualification.json"


def _read(path: Path) -> Any:
    """Reads a record; gives None where there is none that can be read."""
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
