"""Keeps what was measured in files as it comes in, so that what was interrupted goes on.

A result is filed under all that it depends on. Those of baselines are kept a second time where all
validations of a machine find them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from evosearch.files import append_record, read_records
from evosearch.scoring.yardstick_cache import torch_version
from proxies import Engine, Task

TRIALS = "trials.jsonl"
"""The file of a validation's folder that holds its trials."""
_VERSION = 1
"""A number that is raised when the same trial would come out otherwise."""

Address = tuple[str | int, ...]
T = TypeVar("T")


def address(
    key: str, task: Task, steps: int, budget: int, number: int, seed: int, engine: Engine
) -> Address:
    """Names a trial by all that it depends on."""
    versions = f"{engine.device} torch {torch_version()} version {_VERSION}"
    return (key, task.name, task.digest(), steps, budget, seed, number, versions)


class Journal(Generic[T]):
    """Holds results by their address, a line of JSON each, in one file or several.

    The first file is the one of this validation, and has all of its results; others may be shared.
    Without files they are kept in memory alone.
    """

    def __init__(
        self, *paths: Path, write: Callable[[T], dict[str, Any]], read: Callable[[Any], T]
    ) -> None:
        self._paths, self._write, self._read = paths, write, read
        self._results: dict[Address, T] = {}
        self._own: set[Address] = set()
        for path in reversed(paths):
            self._own = self._load(path)

    def find(self, address: Address) -> T | None:
        """Looks a result up; one that only a shared file has is copied to the first."""
        result = self._results.get(address)
        if result is not None and self._paths and address not in self._own:
            self._append(self._paths[0], address, result)
            self._own.add(address)
        return result

    def add(self, address: Address, result: T, shared: bool = False) -> None:
        """Keeps a result, in the shared files too if so wished."""
        self._results[address] = result
        self._own.add(address)
        for path in self._paths if shared else self._paths[:1]:
            self._append(path, address, result)

    def _load(self, path: Path) -> set[Address]:
        loaded = {}
        for record in read_records(path):
            try:
                loaded[tuple(record.pop("address"))] = self._read(record)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # none of ours; it is measured again
        self._results |= loaded
        return set(loaded)

    def _append(self, path: Path, address: Address, result: T) -> None:
        append_record(path, {"address": address, **self._write(result)})
