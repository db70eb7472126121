"""Reads a run's database, also while the run goes on; it cannot write.

Readers and the one writer do not wait for each other: a reader sees the blocks that are committed.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import Any, Self

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
from evosearch.search.connection import connected
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
            store = cls(folder, connected(path), additions)
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

    @cached_property
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
        return [stored_candidate(row) for row in self.columns("*", where)]

    def columns(self, names: str, where: str = "1") -> list[tuple[Any, ...]]:
        """Gives some columns of candidates in the order of ids, both in SQL of our own.

        It is for what goes over all of a large run, where making records takes most of the time.
        """
        # All are taken at once: a statement that is not read to its end keeps the log growing.
        return self._db.execute(
            f"SELECT {names} FROM candidates WHERE {where} ORDER BY id"
        ).fetchall()

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

    def trained(
        self, limit: int = -1, besides: Collection[int] = frozenset()
    ) -> list[StoredCandidate]:
        """Gives the representatives of trained classes, best first; `limit` of them unless -1.

        Of the others those in `besides` follow. Fitness and clearance are those of the latest
        round. Among equals, the shorter and then the older comes first.
        """
        sizes: dict[int, int] = {}
        latest: dict[int, tuple[float | None, int | None]] = {}
        for number, twin, outcome, size, fitness, cleared in self.columns(
            "id, twin, outcome, statements, fitness, cleared", HAS_RESULT
        ):
            latest[twin] = fitness, cleared
            if outcome == TRAINED:
                sizes[number] = size
        order = sorted(sizes, key=lambda one: (-(latest[one][0] or 0.0), sizes[one], one))
        if limit >= 0:
            order = order[:limit] + [one for one in order[limit:] if one in besides]
        some = f"id IN ({', '.join(map(str, order))})" if len(order) < len(sizes) else "1"
        # The last two columns are those of which a later round may have newer values.
        records = {
            row[0]: stored_candidate((*row[:-2], *latest[row[0]]))
            for row in self.columns("*", f"outcome = '{TRAINED}' AND {some}")
        }
        return [records[one] for one in order]

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
        rows = self._db.execute(
            "SELECT task, rate, constants FROM settings JOIN candidates ON candidate = id "
            f"WHERE twin = ? AND {HAS_RESULT} AND stage = ? ORDER BY id, settings.rowid",
            (representative, SEARCH),
        )
        best = {task: _setting(rate, constants) for task, rate, constants in rows}
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
        groups = self._db.execute(
            "SELECT outcome, gate, COUNT(*), TOTAL(cleared = 0) FROM candidates "
            "GROUP BY outcome, gate ORDER BY COUNT(*) DESC, gate"
        ).fetchall()
        outcomes: Counter[str] = Counter()
        for outcome, _, number, _ in groups:
            outcomes[outcome] += number
        return {
            "generated": outcomes.total(),
            "rejected": {gate: number for _, gate, number, _ in groups if gate is not None},
            "cached": outcomes[DUPLICATE],
            "trained": outcomes[TRAINED],
            "retuned": outcomes[RETUNED],
            "stopped_at_hurdle": int(sum(stopped for *_, stopped in groups)),
            "replica_steps": self.spent(),
        }

    def spent(self, first: int = 0, last: int | None = None) -> int:
        """Sums the replica-steps that tuning took in the search, of some candidates or all."""
        (steps,) = self._db.execute(
            "SELECT COALESCE(SUM(spent), 0) FROM settings "
            "WHERE candidate >= ? AND candidate <= COALESCE(?, candidate) AND stage = ?",
            (first, last, SEARCH),
        ).fetchone()
        return int(steps)

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
