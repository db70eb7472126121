"""One SQLite file per run: configuration, every candidate, every training, the finals.

Only the driver writes, a block per transaction, so a kill at any point loses at most the blocks
in flight. Nothing in the file depends on time or on the number of workers, so an interrupted and
resumed run ends in the same rows as an uninterrupted one. It may be read while the run goes on.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from evosearch.errors import EvosearchError
from evosearch.language.printer import to_text
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.scoring.evaluation import Result
from evosearch.scoring.remeasurement import Measurement
from evosearch.scoring.sweep import Evaluation
from evosearch.scoring.yardstick import Yardstick, from_record
from evosearch.search.config import SearchConfig
from evosearch.search.evolution import Candidate

DATABASE = "run.sqlite"
_FORMAT = 2

SEARCH, RANKING, REPORT = "search", "ranking", "report"
"""Stages of evaluation: during the search, and the two of the finals."""
_HAS_RESULT = "outcome IN ('trained', 'remeasured')"
BASELINE_ID = -1
"""The candidate number under which the baseline's trainings in the finals are filed."""

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE yardsticks (task TEXT PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE candidates (
    id INTEGER PRIMARY KEY,
    block INTEGER NOT NULL,
    parent INTEGER,             -- the start rule has none
    mutations TEXT NOT NULL,    -- JSON list, in the order applied
    text TEXT NOT NULL,
    digest TEXT NOT NULL,       -- of the canonical form
    outcome TEXT NOT NULL,      -- trained, remeasured, duplicate or rejected
    gate TEXT,                  -- which rejected it
    twin INTEGER NOT NULL,      -- the first candidate that did the same
    statements INTEGER NOT NULL,
    slots INTEGER NOT NULL,
    update_size REAL,
    fitness REAL,               -- mean log2 speed-up of its own trainings, where it had
                                -- some, else of its class; null where rejected
    cleared INTEGER             -- 0 where a hurdle stopped it; null where not trained
);
CREATE TABLE evaluations (
    candidate INTEGER NOT NULL,
    stage TEXT NOT NULL,
    task TEXT NOT NULL,
    steps INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    rate REAL NOT NULL,         -- relative to update_size
    loss REAL                   -- null where it diverged
);
CREATE TABLE rungs (
    candidate INTEGER NOT NULL,
    task TEXT NOT NULL,
    rung INTEGER NOT NULL,
    loss REAL                   -- recent training loss of the best rate; null where it diverged
);
CREATE INDEX rungs_of ON rungs (candidate);
CREATE INDEX evaluations_of ON evaluations (candidate, stage);
CREATE TABLE finalists (
    candidate INTEGER NOT NULL,
    stage TEXT NOT NULL,
    place INTEGER NOT NULL,
    speedup REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    per_task TEXT NOT NULL,
    PRIMARY KEY (candidate, stage)
);
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A stored candidate."""

    id: int
    block: int
    parent: int | None
    mutations: tuple[str, ...]
    text: str
    digest: str
    outcome: str
    gate: str | None
    twin: int
    statements: int
    slots: int
    update_size: float | None
    fitness: float | None
    cleared: int | None

    @property
    def score(self) -> float | None:
        """The speed-up over tuned AdamW on the search's own seeds."""
        return None if self.fitness is None else float(2.0**self.fitness)


class Store:
    """A run's database; `create` or `open` it, and close it when done."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, additions: Additions) -> None:
        self.folder, self._additions = folder, additions
        self._db = connection
        self._db.row_factory = sqlite3.Row

    @classmethod
    def create(cls, folder: Path, config: SearchConfig, start: str) -> Store:
        """A new run in a folder that does not exist or is empty; `start` is the rule's text.

        Raises:
            EvosearchError: the folder is in use or cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise EvosearchError(
                    f"{folder}: not empty; choose another --out, or `evosearch resume {folder}`"
                )
            connection = sqlite3.connect(folder / DATABASE, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise EvosearchError(
                f"{folder}: cannot write a run there ({reason}); choose another --out"
            ) from None
        store = cls(folder, connection, config.additions)
        with store:
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            store._set("format", str(_FORMAT))
            store._set("config", config.model_dump_json())
            store._set("start", start)
            store._set("state", "searching")
        return store

    @classmethod
    def open(cls, folder: Path, additions: Additions = NOTHING_ADDED) -> Store:
        """An existing run; `additions` are the operations and tasks that are at hand.

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
        try:
            store = cls(folder, sqlite3.connect(path, isolation_level=None), additions)
            found = store._get("format")
        except sqlite3.Error as error:
            raise EvosearchError(f"{path}: not a run's database ({error})") from None
        if found != str(_FORMAT):
            raise EvosearchError(
                f"{path}: format {found}, expected {_FORMAT}; use the version that wrote it"
            )
        return store

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Store:
        """Begins a transaction, which the end of the block commits or rolls back."""
        self._db.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._db.execute("ROLLBACK" if kind else "COMMIT")

    # -- writing ------------------------------------------------------------------------------

    def add_yardstick(self, yardstick: Yardstick) -> None:
        with self:
            self._db.execute(
                "INSERT OR REPLACE INTO yardsticks VALUES (?, ?)",
                (yardstick.task, json.dumps(asdict(yardstick))),
            )

    def add_block(
        self,
        candidates: Sequence[Candidate],
        results: dict[int, Result],
        fitness: Sequence[float],
    ) -> None:
        """A committed block: all of it or nothing."""
        with self:
            for candidate, value in zip(candidates, fitness, strict=True):
                result = results.get(candidate.id)
                facts = candidate.facts
                self._db.execute(
                    f"INSERT INTO candidates VALUES ({', '.join('?' * 14)})",
                    (
                        candidate.id,
                        candidate.block,
                        candidate.parent,
                        json.dumps(candidate.mutations),
                        to_text(candidate.program),
                        facts.digest,
                        candidate.outcome,
                        facts.rejection,
                        candidate.twin,
                        facts.statements,
                        facts.slots,
                        _finite(facts.update_size),
                        _finite(value),
                        None if result is None else int(result.cleared),
                    ),
                )
                if result is not None:
                    self._add_evaluations(candidate.id, SEARCH, result.evaluations)
                    self._db.executemany(
                        "INSERT INTO rungs VALUES (?, ?, ?, ?)",
                        [
                            (candidate.id, task, rung, _finite(loss))
                            for task, losses in result.rungs.items()
                            for rung, loss in enumerate(losses)
                        ],
                    )

    def add_stage(
        self,
        stage: str,
        measured: Sequence[tuple[int, Measurement]],
        evaluations: dict[int, list[Evaluation]],
    ) -> None:
        """A stage of the finals, best first; the baseline's trainings under `BASELINE_ID`."""
        with self:
            for place, (candidate, m) in enumerate(measured):
                self._db.execute(
                    "INSERT INTO finalists VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (candidate, stage, place, m.speedup, m.low, m.high, json.dumps(m.per_task)),
                )
            for candidate, runs in evaluations.items():
                self._add_evaluations(candidate, stage, runs)

    def finish(self) -> None:
        """Marks the run as complete."""
        with self:
            self._set("state", "done")

    def _add_evaluations(
        self, candidate: int, stage: str, evaluations: Iterable[Evaluation]
    ) -> None:
        self._db.executemany(
            "INSERT INTO evaluations VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (candidate, stage, e.task, e.steps, e.seed, e.rate, _finite(e.loss))
                for e in evaluations
            ],
        )

    def _set(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # -- reading ------------------------------------------------------------------------------

    def _get(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    @property
    def config(self) -> SearchConfig:
        config = SearchConfig.model_validate_json(self._get("config") or "")
        return config.with_additions(self._additions)

    @property
    def start(self) -> str:
        """The text of the rule that the run started from."""
        return self._get("start") or ""

    @property
    def done(self) -> bool:
        return self._get("state") == "done"

    def yardsticks(self) -> list[Yardstick]:
        """In the order of the configuration's tasks."""
        rows = dict(self._db.execute("SELECT task, record FROM yardsticks"))
        return [from_record(json.loads(rows[t])) for t in self.config.tasks if t in rows]

    def candidates(self, where: str = "1", order: str = "id", limit: int = -1) -> list[Row]:
        """Stored candidates; `where` and `order` are SQL of this program's own."""
        rows = self._db.execute(
            f"SELECT * FROM candidates WHERE {where} ORDER BY {order} LIMIT ?", (limit,)
        )
        return [Row(**{**dict(r), "mutations": tuple(json.loads(r["mutations"]))}) for r in rows]

    def candidate(self, number: int) -> Row:
        """
        Raises:
            EvosearchError: the run has no such candidate.
        """
        rows = self.candidates(f"id = {int(number)}")
        if not rows:
            raise EvosearchError(
                f"{self.folder} has no candidate {number}; `evosearch top {self.folder}` lists some"
            )
        return rows[0]

    def trained(self, limit: int = -1) -> list[Row]:
        """Trained candidates, best first; the shorter and older first among equals.

        Their fitness is the mean over all trainings of their class.
        """
        means = dict(
            self._db.execute(
                f"SELECT twin, AVG(fitness) FROM candidates WHERE {_HAS_RESULT} GROUP BY twin"
            )
        )
        rows = [
            replace(row, fitness=means[row.id]) for row in self.candidates("outcome = 'trained'")
        ]
        rows.sort(key=lambda row: (-means[row.id], row.statements, row.id))
        return rows if limit < 0 else rows[:limit]

    def results(self, block: int) -> dict[int, Result]:
        """The results of a committed block."""
        return {
            row.id: Result(
                row.fitness or 0.0,
                bool(row.cleared),
                tuple(self.evaluations(row.id)),
                self._rungs(row.id),
            )
            for row in self.candidates(f"{_HAS_RESULT} AND block = {int(block)}")
        }

    def _rungs(self, candidate: int) -> dict[str, tuple[float, ...]]:
        found: dict[str, tuple[float, ...]] = {}
        for task, loss in self._db.execute(
            "SELECT task, loss FROM rungs WHERE candidate = ? ORDER BY rowid", (candidate,)
        ):
            found[task] = (*found.get(task, ()), float("inf") if loss is None else loss)
        return found

    def evaluations(self, candidate: int, stage: str = SEARCH) -> list[Evaluation]:
        """The trainings of a candidate, in the order they were made."""
        rows = self._db.execute(
            "SELECT task, steps, seed, rate, loss FROM evaluations "
            "WHERE candidate = ? AND stage = ? ORDER BY rowid",
            (candidate, stage),
        )
        return [
            Evaluation(task, steps, seed, rate, float("inf") if loss is None else loss)
            for task, steps, seed, rate, loss in rows
        ]

    def finalists(self, stage: str) -> list[tuple[int, Measurement]]:
        """Candidate and measurement, best first."""
        rows = self._db.execute(
            "SELECT candidate, speedup, low, high, per_task FROM finalists "
            "WHERE stage = ? ORDER BY place",
            (stage,),
        )
        return [
            (candidate, Measurement(speedup, low, high, json.loads(per_task)))
            for candidate, speedup, low, high, per_task in rows
        ]

    def blocks(self) -> int:
        """How many blocks are committed."""
        (count,) = self._db.execute("SELECT COALESCE(MAX(block) + 1, 0) FROM candidates").fetchone()
        return int(count)

    def counts(self) -> dict[str, Any]:
        """Candidates generated, trained, found in the cache, and rejected at each gate."""
        outcomes = dict(
            self._db.execute("SELECT outcome, COUNT(*) FROM candidates GROUP BY outcome")
        )
        gates = dict(
            self._db.execute(
                "SELECT gate, COUNT(*) FROM candidates WHERE gate IS NOT NULL "
                "GROUP BY gate ORDER BY COUNT(*) DESC, gate"
            )
        )
        (hurdle,) = self._db.execute("SELECT COUNT(*) FROM candidates WHERE cleared = 0").fetchone()
        return {
            "generated": sum(outcomes.values()),
            "rejected": gates,
            "cached": outcomes.get("duplicate", 0),
            "trained": outcomes.get("trained", 0),
            "remeasured": outcomes.get("remeasured", 0),
            "stopped_at_hurdle": hurdle,
        }


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
