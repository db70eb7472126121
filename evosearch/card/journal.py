"""Keeps the losses of trainings in files as they come in, so that no card trains the same twice.

Each rule has a file of its own: what AdamW did for one card serves the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from math import inf, isfinite
from pathlib import Path

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
        self._cut = ""
        if path is not None and path.exists():
            text = path.read_text(encoding="utf-8", errors="replace")
            # A kill may have cut the last line short; what comes next begins a line of its own.
            self._cut = "" if not text or text.endswith("\n") else "\n"
            for line in text.splitlines():
                self._take(line)

    def find(self, task: str, rate: float, seeds: Sequence[int]) -> tuple[float, ...] | None:
        """Looks the losses of a rate up, one for each seed; `task` is the task's digest."""
        return self._losses.get((task, rate, tuple(seeds)))

    def add(self, task: str, seeds: Sequence[int], losses: Mapping[float, Sequence[float]]) -> None:
        """Keeps the losses of some rates."""
        for rate, own in losses.items():
            self._losses[task, rate, tuple(seeds)] = tuple(own)
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            json.dumps(
                {
                    "version": [_VERSION, torch_version()],
                    "task": task,
                    "rate": rate,
                    "seeds": list(seeds),
                    # JSON has no infinity, which is the loss of what diverged.
                    "losses": [loss if isfinite(loss) else None for loss in own],
                }
            )
            for rate, own in losses.items()
        ]
        with self._path.open("a", encoding="utf-8") as file:
            file.write(self._cut + "".join(f"{line}\n" for line in lines))
        self._cut = ""

    def _take(self, line: str) -> None:
        try:
            record = json.loads(line)
            if record["version"] != [_VERSION, torch_version()]:
                return
            key = (str(record["task"]), float(record["rate"]), tuple(map(int, record["seeds"])))
            losses = tuple(inf if loss is None else float(loss) for loss in record["losses"])
        except (ValueError, KeyError, TypeError):
            return  # cut short; it is trained again
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
