"""Writes a run's database: only the driver does, a block per transaction.

So a kill at any point loses at most the blocks in flight.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from evosearch.errors import EvosearchError
from evosearch.plugins.additions import Additions
from evosearch.scoring.evaluation import Result
from evosearch.scoring.statistics import Measurement
from evosearch.scoring.trainings import Evaluation
from evosearch.scoring.tuner import Tuned
from evosearch.scoring.yardstick import Yardstick
from evosearch.search.candidate import Candidate
from evosearch.search.circumstances import Circumstances
from evosearch.search.config import SearchConfig
from evosearch.search.driver_lock import DriverLock
from evosearch.search.funnel import passed_of
from evosearch.search.records import (
    candidate_row,
    evaluation_row,
    finalist_row,
    finite,
    setting_row,
)
from evosearch.search.schema import DATABASE, DONE, FORMAT, MICRO, SCHEMA, SEARCH, SEARCHING, STATE
from evosearch.search.store_reader import StoreReader


class StoreWriter(StoreReader):
    """Writes a run's database, for whoever carries the run out.

    A run is begun by `create`; `open` goes on with it.
    """

    _writes = True

    def __init__(self, folder: Path, connection: sqlite3.Connection, additions: Additions) -> None:
        super().__init__(folder, connection, additions)
        try:
            self._lock = DriverLock(folder)
        except BaseException:
            connection.close()
            raise
        self._inode = (folder / DATABASE).stat().st_ino

    @classmethod
    def create(cls, folder: Path, config: SearchConfig, start: str) -> StoreWriter:
        """Begins a run in a folder that does not exist or is empty; `start` is the rule's text.

        Raises:
            EvosearchError: the folder is in use or cannot be written.
        """
        connection = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise EvosearchError(
                    f"{folder}: not empty; choose another --out, or `evosearch resume {folder}`"
                )
            connection = sqlite3.connect(folder / DATABASE, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
        except (OSError, sqlite3.Error) as error:
            if connection is not None:
                connection.close()
            reason = error.strerror if isinstance(error, OSError) else error
            raise EvosearchError(
                f"{folder}: cannot write a run there ({reason}); choose another --out"
            ) from None
        store = cls(folder, connection, config.additions)
        try:
            store._write_head(config, start)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Closes the database and lets others carry the run on."""
        super().close()
        self._lock.release()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begins a transaction, which the end of the block commits or rolls back.

        Within another one it is a part of it.

        Raises:
            EvosearchError: the disk is full, the database is gone, or it cannot be written else.
        """
        if self._db.in_transaction:
            yield
            return
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._require_database()
            except BaseException:
                if self._db.in_transaction:  # SQLite may have rolled it back itself
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise EvosearchError(
                f"{self.folder}: the run's database cannot be written ({error}); what was "
                f"committed is safe: put it right, then `evosearch resume {self.folder}`"
            ) from None

    def _require_database(self) -> None:
        """Refuses to write into a file that nobody would find any more.

        Raises:
            EvosearchError: the database was removed or another put in its place.
        """
        path = self.folder / DATABASE
        try:
            there = path.stat().st_ino == self._inode
        except OSError:
            there = False
        if not there:
            raise EvosearchError(
                f"{path}: it was removed or replaced while the run went on; "
                "put it back and resume, or begin a new run"
            )

    def note_circumstances(self, here: Circumstances) -> None:
        """Stores the circumstances of what is trained from now on, unless they are there already.

        So a run that is resumed where it was begun has the rows of an uninterrupted one.
        """
        known = self.circumstances
        if here not in known:
            records = json.dumps([asdict(one) for one in (*known, here)])
            with self.transaction():
                self._set("circumstances", records)

    def add_yardstick(self, yardstick: Yardstick) -> None:
        """Stores the yardstick of a task."""
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO yardsticks VALUES (?, ?)",
                (yardstick.task, json.dumps(asdict(yardstick))),
            )

    def add_block(
        self,
        candidates: Sequence[Candidate],
        results: Mapping[int, Result],
        fitness: Sequence[float],
    ) -> None:
        """Stores a committed block, all of it or nothing.

        `results` are those of the trained candidates, by id; `fitness` is that of each candidate.
        """
        with self.transaction():
            for candidate, value in zip(candidates, fitness, strict=True):
                result = results.get(candidate.id)
                row = candidate_row(candidate, value, result, passed_of(candidate, result))
                self._db.execute(
                    f"INSERT INTO candidates VALUES ({', '.join('?' * len(row))})", row
                )
                if result is not None:
                    self._add_result(candidate.id, result)

    def add_stage(
        self,
        stage: str,
        measured: Sequence[tuple[int, Measurement]],
        tuned: Mapping[int, Mapping[str, Tuned]],
        evaluations: Mapping[int, Iterable[Evaluation]],
    ) -> None:
        """Stores what was measured again, behind what was; the baseline's as `BASELINE_ID`.

        `tuned` is what was tuned in it, `evaluations` are the trainings at known settings.
        """
        with self.transaction():
            first = len(self.finalists(stage))
            for place, (candidate, measurement) in enumerate(measured, start=first):
                self._db.execute(
                    "INSERT INTO finalists VALUES (?, ?, ?, ?, ?, ?, ?)",
                    finalist_row(candidate, stage, place, measurement),
                )
            for candidate, by_task in tuned.items():
                self._add_tuned(candidate, stage, by_task)
            for candidate, own in evaluations.items():
                self._add_evaluations(candidate, stage, own)

    def finish(self) -> None:
        """Marks the run as complete."""
        with self.transaction():
            self._set("state", DONE)

    def _write_head(self, config: SearchConfig, start: str) -> None:
        with self.transaction():
            for statement in (SCHEMA + STATE).split(";\n"):
                self._db.execute(statement)
            self._set("format", str(FORMAT))
            self._set("config", config.model_dump_json())
            self._set("start", start)
            self._set("state", SEARCHING)

    def _add_result(self, candidate: int, result: Result) -> None:
        self._add_tuned(candidate, MICRO, result.micro_tuned)
        self._add_tuned(candidate, SEARCH, result.tuned)
        self._db.executemany(
            "INSERT INTO rungs VALUES (?, ?, ?, ?)",
            [
                (candidate, task, rung, finite(loss))
                for task, tuned in (*result.micro_tuned.items(), *result.tuned.items())
                for rung, loss in enumerate(tuned.rungs)
            ],
        )

    def _add_tuned(self, candidate: int, stage: str, tuned: Mapping[str, Tuned]) -> None:
        for task, own in tuned.items():
            row = setting_row(candidate, stage, task, own)
            self._db.execute(f"INSERT INTO settings VALUES ({', '.join('?' * len(row))})", row)
            self._add_evaluations(candidate, stage, own.evaluations)

    def _add_evaluations(
        self, candidate: int, stage: str, evaluations: Iterable[Evaluation]
    ) -> None:
        self._db.executemany(
            "INSERT INTO evaluations VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [evaluation_row(candidate, stage, one) for one in evaluations],
        )

    def _set(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
