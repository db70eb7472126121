"""A whole search on the smallest of real tasks, and observers and executors to watch it with."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from evosearch.language.library import known_rule
from evosearch.language.printer import to_text
from evosearch.search.config import SearchConfig
from evosearch.search.config_values import make_config
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Executor, Pending
from tests.support.evolving import TASK

LOSSES, RATE = (0.738, 0.661, 0.574, 0.535, 0.521), 0.25
"""What tuned AdamW has on that task at each horizon, and its best rate at the task's own steps."""
VALUES = {
    "tasks": [TASK],
    "evaluations": 30,
    "budget": 6,
    "rung_quantile": 0.4,
    "compile": False,
    "population": 12,
    "block": 5,
    "seeds": 1,
    "finalists": 2,
    "fresh_seeds": 2,
}


class Silent:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.done: list[int] = []

    def phase(self, name: str, total: int) -> None:
        self.phases.append(name)
        assert total > 0

    def advance(self, done: int, store: StoreReader) -> None:  # noqa: ARG002  # as observers have
        self.done.append(done)


class Interrupting:
    """Passes work on until `limit` results were asked for; then the user presses Ctrl-C."""

    def __init__(self, inner: Executor, limit: int) -> None:
        self._inner, self._left = inner, limit

    def submit(self, function: Callable[..., Any], *arguments: Any, **loads: Any) -> Pending[Any]:
        outer, work = self, self._inner.submit(function, *arguments, **loads)

        class Counted:
            def result(self) -> Any:
                outer._left -= 1
                if outer._left < 0:
                    raise KeyboardInterrupt
                return work.result()

        return Counted()


def config() -> SearchConfig:
    return make_config(VALUES, "test")


def create(folder: Path) -> StoreWriter:
    return StoreWriter.create(folder, config(), to_text(known_rule("adamw")))


def dump(store: StoreReader) -> list[str]:
    """Everything in the database, as SQL."""
    with closing(sqlite3.connect(store.folder / DATABASE)) as database:
        return list(database.iterdump())


def rows(store: StoreReader) -> dict[str, list[Any]]:
    """The rows of each table."""
    tables = ("meta", "yardsticks", "candidates", "settings", "evaluations", "rungs", "finalists")
    with closing(sqlite3.connect(store.folder / DATABASE)) as database:
        return {
            table: database.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
            for table in tables
        }


def copy_database(store: StoreReader, folder: Path, change: str = "") -> Path:
    """Copies a run into a folder, and changes it by statements of SQL."""
    with (
        closing(sqlite3.connect(store.folder / DATABASE)) as source,
        closing(sqlite3.connect(folder / DATABASE)) as copy,
    ):
        source.backup(copy)
        copy.executescript(change)
        copy.commit()
    return folder


def yardstick_folder(store: StoreReader) -> Path:
    """Where the search of the fixture `finished` keeps its yardstick."""
    return store.folder.parent / "yardsticks"
