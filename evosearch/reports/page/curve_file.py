"""Keeps training curves in a file beside the run, by task, so that they are trained once."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evosearch.files import json_numbers, write_whole
from evosearch.reports.page.curves import Curve, TaskCurves


class CurveFile:
    """Holds the curves that were trained, each with all that it depends on.

    A file that is missing, or is none of ours, is as an empty one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            kept = {}
        self._kept: dict[str, Any] = kept if isinstance(kept, dict) else {}

    def find(self, task: str, asked: Mapping[str, Any]) -> TaskCurves | None:
        """Gives the curves on a task; None where none are kept that depend on the same.

        `asked` is what they depend on, as JSON has it, but for machine and versions.
        """
        try:
            record = self._kept[task]
            return _curves_from(record["curves"]) if record["asked"] == dict(asked) else None
        except (KeyError, TypeError, ValueError):
            return None

    def add(self, curves: TaskCurves, asked: Mapping[str, Any]) -> None:
        """Keeps the curves on a task, in the place of what was kept of it.

        Raises:
            OSError: the file cannot be written.
        """
        # What is infinite becomes null.
        self._kept[curves.task] = {"asked": dict(asked), "curves": json_numbers(asdict(curves))}
        self._path.parent.mkdir(exist_ok=True)
        text = json.dumps(self._kept, indent=1, sort_keys=True)
        write_whole(self._path, (text + "\n").encode())


def _curves_from(record: Mapping[str, Any]) -> TaskCurves:
    return TaskCurves(
        str(record["task"]),
        tuple(record["seeds"]),
        tuple(record["marks"]),
        _curve_from(record["rule"]),
        tuple(_curve_from(one) for one in record["baselines"]),
        str(record["source"]),
        str(record["where"]),
    )


def _curve_from(record: Mapping[str, Any]) -> Curve:
    return Curve(
        str(record["name"]),
        tuple(tuple(_loss(loss) for loss in line) for line in record["losses"]),
        tuple(_loss(loss) for loss in record["final"]),
    )


def _loss(stored: float | None) -> float:
    return math.inf if stored is None else float(stored)
