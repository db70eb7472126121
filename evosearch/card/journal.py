"""Keeps the losses of trainings in files as they come in, so that no card trains the same twice.

Each rule has a file of its own: what AdamW did for one card serves the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

from evosearch.files import append_record, json_numbers, read_records
from evosearch.scoring.yardstick_cache import torch_version

_VERSION = 1
"""A number that is raised when the same training would come out otherwise."""

Key = tuple[str, float, tuple[int, ...]]
"""What was trained: the task's digest, the relative rate, the seeds."""


class Journal:
    """Holds losses by task, rate and seeds, a line of JSON each; in memory alone without a path."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._losses: dict[Key, tuple[float, ...]] = {}
        for record in read_records(path) if path is not None else ():
            self._take(record)

    def find(self, task: str, rate: float, seeds: Sequence[int]) -> tuple[float, ...] | None:
        """Looks the losses of a rate up, one for each seed; `task` is the task's digest."""
        return self._losses.get((task, rate, tuple(seeds)))

    def add(self, task: str, seeds: Sequence[int], losses: Mapping[float, Sequence[float]]) -> None:
        """Keeps the losses of some rates."""
        for rate, own in losses.items():
            self._losses[task, rate, tuple(seeds)] = tuple(own)
            if self._path is not None:
                record = {
                    "version": [_VERSION, torch_version()],
                    "task": task,
                    "rate": rate,
                    "seeds": list(seeds),
                    "losses": json_numbers(list(own)),
                }
                append_record(self._path, record)

    def _take(self, record: Any) -> None:
        try:
            if record["version"] != [_VERSION, torch_version()]:
                return
            key = (str(record["task"]), float(record["rate"]), tuple(map(int, record["seeds"])))
            losses = tuple(inf if loss is None else float(loss) for loss in record["losses"])
        except (ValueError, KeyError, TypeError):
            return  # none of ours; it is trained again
        if len(losses) == len(key[2]):
            self._losses[key] = losses


class Journals:
    """Opens the journal of each rule once, in a folder; without a folder, in memory alone."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self.of = cache(self._open)
        """Gives the journal of a rule, by its digest."""

    def _open(self, digest: str) -> Journal:
        return Journal(self._folder and self._folder / f"{digest}.jsonl")
