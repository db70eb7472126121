"""Keeps trials in files as they come in, so that what was interrupted goes on where it was.

A trial is filed under all that it depends on. Those of baselines are kept a second time where all
validations of a machine find them.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from evosearch.scoring.setting import Setting
from evosearch.scoring.yardstick_cache import torch_version
from evosearch.validation.trials import Trial
from proxies import Engine, Task

_VERSION = 1
"""A number that is raised when the same trial would come out otherwise."""

Address = tuple[str | int, ...]


def address(
    key: str, task: Task, steps: int, budget: int, number: int, seed: int, engine: Engine
) -> Address:
    """Names a trial by all that it depends on."""
    versions = f"{engine.device} torch {torch_version()} version {_VERSION}"
    return (key, task.name, task.digest(), steps, budget, seed, number, versions)


class Journal:
    """Holds trials by their address, a line of JSON each, in one file or several.

    The first file is the one of this validation, and has all of its trials; others may be shared.
    Without files it keeps trials in memory alone.
    """

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        self._trials: dict[Address, Trial] = {}
        self._own: set[Address] = set()
        for path in reversed(paths):
            self._own = self._read(path)

    def find(self, address: Address) -> Trial | None:
        """Looks a trial up; one that only a shared file has is copied to the first."""
        trial = self._trials.get(address)
        if trial is not None and self._paths and address not in self._own:
            self._append(self._paths[0], address, trial)
            self._own.add(address)
        return trial

    def add(self, address: Address, trial: Trial, shared: bool = False) -> None:
        """Keeps a trial, in the shared files too if so wished."""
        self._trials[address] = trial
        self._own.add(address)
        for path in self._paths if shared else self._paths[:1]:
            self._append(path, address, trial)

    def _read(self, path: Path) -> set[Address]:
        if not path.exists():
            return set()
        read = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
                read[tuple(record.pop("address"))] = _trial(record)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # cut short by a kill; its trial is carried out again
        self._trials |= read
        return set(read)

    def _append(self, path: Path, address: Address, trial: Trial) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"address": address, **_record(trial)}) + "\n"
        with path.open("ab") as file:
            # A kill may have cut the last line short; what comes next begins a line of its own.
            begin = b"" if not file.tell() or _ends_whole(path) else b"\n"
            file.write(begin + line.encode())


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _record(trial: Trial) -> dict[str, Any]:
    losses = {seed: loss if np.isfinite(loss) else None for seed, loss in trial.losses.items()}
    return asdict(trial) | {"best": list(trial.best), "losses": losses}


def _trial(record: Any) -> Trial:
    rate, constants = record["best"]
    losses = {
        int(seed): np.inf if loss is None else float(loss)
        for seed, loss in record["losses"].items()
    }
    return Trial(
        Setting(float(rate), tuple(map(float, constants))),
        losses,
        int(record["trainings"]),
        int(record["diverged"]),
        int(record["spent"]),
    )
