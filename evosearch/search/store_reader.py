"""Reads a run's database, also while the run goes on; it cannot write.

Readers and the one writer do not wait for each other: a reader sees the blocks that are committed.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.scoring.evaluation import Result
from evosearch.scoring.rounds import fresh_seeds
from evosearch.scoring.setting import Setting
from evosearch.scoring.statistics import Measurement
from evosearch.scoring.trainings import Evaluation
from evosearch.scoring.tuner import Tuned
from evosearch.scoring.yardstick import Yardstick
from evosearch.scoring.yardstick_cache import from_record
from evosearch.search.candidate import DUPLICATE, RETUNED, TRAINED
from evosearch.search.circumstances import Circumstances, circumstances_from
from evosearch.search.config import SearchConfig
from evosearch.search.records import StoredCandidate, loss_from, stored_candidate
from evosearch.search.schema import DATABASE, DONE, FORMAT, HAS_RESULT, RANKING, SEARCH


class StoreReader:
    """Reads a run's database.

    `with StoreReader.open(folder) as store:` closes it.
    """

    _writes = False

    def __init__(self, folder: Path, connection: sqlite3.Connection, additions: Additions) -> None:
        self.folder, self._additions = folder, additions
        self._db = connection
        if not self._writes:
            self._db.execute("PRAGMA query_only = ON")

    @classmethod
    def open(cls, folder: Path, additions: Additions = NOTHING_ADDED) -> Self:
        """Opens an existing run; `additions` are the operations and tasks that are at hand.

        Raises:
            EvosearchError: the folder holds no run, or one of another format.
        """
        path = folder / DATABASE
        if not path.is_file():
            what = "no run" if folder.is_dir() else "no such folder"
            raise EvosearchError(
                f"{folder}: {what}; expected a folder that `evosearch search` wrote, "
                f"with a {DATABASE} in it"
            )
        store = None
        try:
            store = cls(folder, _connected(path), additions)
            stored_format = store._meta("format")
        except sqlite3.Error as error:
            if store is not None:
                store.close()
            raise EvosearchError(f"{path}: not a run's database ({error})") from None
        if stored_format != str(FORMAT):
            store.close()
            raise EvosearchError(
                f"{path}: format {stored_format}, expected {FORMAT}; use the version that wrote it"
            )
        return store

    def close(self) -> None:
        """Closes the database; nothing can be asked of it any more."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def config(self) -> SearchConfig:
        """Gives the run's configuration, with the operations and tasks that are at hand."""
        config = SearchConfig.model_validate_json(self._meta("config") or "")
        return config.with_additions(self._additions)

    @property
    def start(self) -> str:
        """Gives the texts of the rules that the run started from, one after the other."""
        return self._meta("start") or ""

    @property
    def done(self) -> bool:
        """Tells whether the run is complete."""
        return self._meta("state") == DONE

    @property
    def circumstances(self) -> list[Circumstances]:
        """Gives the circumstances in which the run was trained; empty where not recorded."""
        records = json.loads(self._meta("circumstances") or "[]")
        return [circumstances_from(record) for record in records]

    def yardsticks(self) -> list[Yardstick]:
        """Gives the yardsticks that are stored, in the order of the configuration's tasks."""
        records = dict(self._db.execute("SELECT task, record FROM yardsticks"))
        return [from_record(json.loads(records[t])) for t in self.config.tasks if t in records]

    def candidates(self, where: str = "1") -> list[StoredCandidate]:
        """Gives candidates in the order of ids; `where` is a condition in SQL of our own."""
        rows = self._db.execute(f"SELECT * FROM candidates WHERE {where} ORDER BY id")
        return [stored_candidate(row) for row in rows]

    def candidate(self, number: int) -> StoredCandidate:
        """Gives the candidate of that number.

        Raises:
            EvosearchError: the run has no such candidate.
        """
        candidates = self.candidates(f"id = {number:d}")
        if not candidates:
            raise EvosearchError(
                f"{self.folder} has no candidate {number}; `evosearch top {self.folder}` lists some"
            )
        return candidates[0]

    def trained(self, limit: int = -1) -> list[StoredCandidate]:
        """Gives the representatives of trained classes, best first; `limit` of them unless -1.

        Fitness and clearance are those of the latest round. Among equals, the shorter and then the
        older comes first.
        """
        latest = {
            representative: (fitness, cleared)
            for representative, fitness, cleared in self._db.execute(
                f"SELECT twin, fitness, cleared FROM candidates WHERE {HAS_RESULT} ORDER BY id"
            )
        }
        trained = []
        for one in self.candidates(f"outcome = '{TRAINED}'"):
            fitness, cleared = latest[one.id]
            trained.append(replace(one, fitness=fitness, cleared=cleared))
        trained.sort(key=lambda one: (-(one.fitness or 0.0), one.size, one.id))
        return trained if limit < 0 else trained[:limit]

    def result(self, candidate: StoredCandidate) -> Result:
        """Gives what tuning a trained candidate in the search gave."""
        return Result(candidate.fitness or 0.0, bool(candidate.cleared), self._tuned(candidate))

    def settings(self, candidate: int, stage: str) -> dict[str, Setting]:
        """Gives, by task, what tuning a candidate in a stage chose."""
        rows = self._db.execute(
            "SELECT task, rate, constants FROM settings WHERE candidate = ? AND stage = ? "
            "ORDER BY rowid",
            (candidate, stage),
        )
        return {task: _setting(rate, constants) for task, rate, constants in rows}

    def best_settings(self, representative: int) -> dict[str, Setting]:
        """Gives, by task, the best setting that is known of a class: the latest that was chosen."""
        best: dict[str, Setting] = {}
        for member in self.candidates(f"twin = {representative:d} AND {HAS_RESULT}"):
            best |= self.settings(member.id, SEARCH)
        return best | self.settings(representative, RANKING)

    def evaluations(self, candidate: int, stage: str = SEARCH) -> list[Evaluation]:
        """Gives the trainings of a candidate in a stage, in the order in which they were made."""
        rows = self._db.execute(
            "SELECT task, steps, seed, rate, constants, loss FROM evaluations "
            "WHERE candidate = ? AND stage = ? ORDER BY rowid",
            (candidate, stage),
        )
        return [
            Evaluation(task, steps, seed, rate, loss_from(loss), tuple(json.loads(constants)))
            for task, steps, seed, rate, constants, loss in rows
        ]

    def spendings(self, candidate: int, stage: str) -> dict[str, int]:
        """Gives, by task, the replica-steps that tuning a candidate in a stage took."""
        return dict(
            self._db.execute(
                "SELECT task, spent FROM settings WHERE candidate = ? AND stage = ?",
                (candidate, stage),
            )
        )

    def finalists(self, stage: str) -> list[tuple[int, Measurement]]:
        """Gives the candidates of a stage of the finals with their measurements, by place."""
        rows = self._db.execute(
            "SELECT candidate, speedup, low, high, per_task FROM finalists "
            "WHERE stage = ? ORDER BY place",
            (stage,),
        )
        return [
            (candidate, Measurement(speedup, low, high, json.loads(per_task)))
            for candidate, speedup, low, high, per_task in rows
        ]

    def counts(self) -> dict[str, Any]:
        """Counts candidates: generated, trained, answered from the cache, rejected by each gate."""
        outcomes = dict(
            self._db.execute("SELECT outcome, COUNT(*) FROM candidates GROUP BY outcome")
        )
        gates = dict(
            self._db.execute(
                "SELECT gate, COUNT(*) FROM candidates WHERE gate IS NOT NULL "
                "GROUP BY gate ORDER BY COUNT(*) DESC, gate"
            )
        )
        (stopped,) = self._db.execute(
            "SELECT COUNT(*) FROM candidates WHERE cleared = 0"
        ).fetchone()
        (spent,) = self._db.execute(
            "SELECT COALESCE(SUM(spent), 0) FROM settings WHERE stage = ?", (SEARCH,)
        ).fetchone()
        return {
            "generated": sum(outcomes.values()),
            "rejected": gates,
            "cached": outcomes.get(DUPLICATE, 0),
            "trained": outcomes.get(TRAINED, 0),
            "retuned": outcomes.get(RETUNED, 0),
            "stopped_at_hurdle": stopped,
            "replica_steps": spent,
        }

    def _meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _tuned(self, candidate: StoredCandidate) -> dict[str, Tuned]:
        """Gives what tuning a candidate in the search gave, by task."""
        evaluations, rungs = self.evaluations(candidate.id), self._rungs(candidate.id)
        fresh = fresh_seeds(candidate.round or 0, self.config.seeds)
        tuned = {}
        for task, rate, constants, spent, ended in self._db.execute(
            "SELECT task, rate, constants, spent, ended FROM settings "
            "WHERE candidate = ? AND stage = ? ORDER BY rowid",
            (candidate.id, SEARCH),
        ):
            best, own = _setting(rate, constants), [e for e in evaluations if e.task == task]
            tuned[task] = Tuned(
                best,
                {e.seed: e.loss for e in own if e.setting == best and e.seed in fresh},
                tuple(own),
                spent,
                given_up=ended != "measured",
                halted=ended == "halted",
                rungs=rungs.get(task, ()),
            )
        return tuned

    def _rungs(self, candidate: int) -> dict[str, tuple[float, ...]]:
        """Gives, by task, the losses of a candidate at the rungs that it reached."""
        rungs: dict[str, tuple[float, ...]] = {}
        for task, loss in self._db.execute(
            "SELECT task, loss FROM rungs WHERE candidate = ? ORDER BY rowid", (candidate,)
        ):
            rungs[task] = (*rungs.get(task, ()), loss_from(loss))
        return rungs


def _setting(rate: float, constants: str) -> Setting:
    return Setting(rate, tuple(json.loads(constants)))


def _connected(path: Path) -> sqlite3.Connection:
    """Connects to a database, be it in a folder in which nothing can be written.

    SQLite wants to put files beside one that another process may write. Where it cannot, nobody
    can, and what was committed has long been in the database itself.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("SELECT 1 FROM sqlite_master")
    except sqlite3.OperationalError:
        connection.close()
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
        connection = sqlite3.connect(address, isolation_level=None, uri=True)
    except BaseException:
        connection.close()
        raise
    return connection
