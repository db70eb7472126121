"""Makes one flat table of a run's trained structures, as a data frame wants it.

The database has the tables that a search appends to; what a person plots is a row for each rule,
with everything that the run knows of it. Columns depend on the run's tasks alone, not on what was
measured so far: what is not known is null. Conditions, CSV, JSON and Parquet have the same columns.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evosearch.reports.leaderboard import Entry
from evosearch.scoring.evaluation import Result, log_speedup
from evosearch.scoring.yardstick import Yardstick
from evosearch.search.records import StoredCandidate
from evosearch.search.schema import HAS_RESULT, RANKING, REPORT, SEARCH
from evosearch.search.store_reader import StoreReader

Value = int | float | str | None
Row = dict[str, Value]

INTEGER, REAL, TEXT = "INTEGER", "REAL", "TEXT"
"""The types of columns, as SQLite spells them."""

_OF_SCORES = {
    "id": INTEGER,
    "score": REAL,
    "low": REAL,
    "high": REAL,
    "stage": TEXT,
    "search_score": REAL,
    "select": REAL,
    "select_low": REAL,
    "select_high": REAL,
    "statements": INTEGER,
    "slots": INTEGER,
}
_OF_TASKS = {"speedup": REAL, "loss": REAL, "rate": REAL, "fresh_speedup": REAL}
"""What each task has; the task's name follows after an underscore."""
_OF_TRAINING = {
    "micro": REAL,
    "rounds": INTEGER,
    "cleared": INTEGER,
    "replica_steps": INTEGER,
    "update_size": REAL,
}
_OF_ANCESTRY = {
    "block": INTEGER,
    "parent": INTEGER,
    "mutations": TEXT,
    "digest": TEXT,
    "structure": TEXT,
}
_OF_RECOGNITION = {"rule": TEXT, "relation": TEXT, "distance": REAL}
_OF_TEXT = {"bred": TEXT, "text": TEXT}


@dataclass(frozen=True, slots=True)
class Frame:
    """Is a table: the types of its columns by name, in order, and rows that have them all."""

    columns: Mapping[str, str]
    rows: tuple[Row, ...]


def frame(store: StoreReader, entries: Sequence[Entry], recognised: bool = False) -> Frame:
    """Tabulates rules of the leaderboard, in their order; text comes last.

    A structure that was tuned in several rounds is a row; its losses and rates are those of the
    latest round in the search, and `fresh_speedup` is that of the finals. `recognised` adds which
    known rule each one is, where the entries say it.
    """
    rounds = defaultdict(list)
    for one in store.candidates(HAS_RESULT):
        rounds[one.representative].append(one)
    yardsticks = {yardstick.task: yardstick for yardstick in store.yardsticks()}
    finals = {
        number: (stage, measured.per_task)
        for stage in (RANKING, REPORT)
        for number, measured in store.finalists(stage)
    }
    tasks = store.config.tasks
    columns = _columns(tasks, recognised)
    rows = []
    for entry in entries:
        own = rounds[entry.id]
        results = [store.result(one) for one in own]
        stage, fresh = finals.get(entry.id, (SEARCH, {}))
        row = _scores(entry, stage) | _origin(own, results) | _recognition(entry)
        for task in tasks:
            row |= _on(task, results[-1], yardsticks.get(task), fresh)
        rows.append({name: _finite(row[name]) for name in columns})
    return Frame(columns, tuple(rows))


def _columns(tasks: Iterable[str], recognised: bool) -> dict[str, str]:
    """Gives the columns, with the tasks' after the scores."""
    by_task = {f"{what}_{task}": kind for task in tasks for what, kind in _OF_TASKS.items()}
    told = _OF_RECOGNITION if recognised else {}
    return _OF_SCORES | by_task | _OF_TRAINING | _OF_ANCESTRY | told | _OF_TEXT


def _scores(entry: Entry, stage: str) -> Row:
    low, high = entry.interval or (None, None)
    select_low, select_high = entry.select_interval or (None, None)
    return {
        "id": entry.id,
        "score": entry.score,
        "low": low,
        "high": high,
        "stage": stage,
        "search_score": entry.search_score,
        "select": entry.select,
        "select_low": select_low,
        "select_high": select_high,
        "statements": entry.statements,
        "slots": entry.slots,
        "text": entry.text,
    }


def _recognition(entry: Entry) -> Row:
    one = entry.recognised
    if one is None:
        return {}
    return {"rule": one.rule, "relation": one.relation, "distance": one.distance}


def _on(task: str, latest: Result, yardstick: Yardstick | None, fresh: Mapping[str, float]) -> Row:
    """Tells how a rule did on a task; all is null where a hurdle kept it from being tried."""
    tuned = latest.tuned.get(task)
    known: Row = {"fresh_speedup": fresh.get(task)}
    if tuned is not None:
        known |= {"loss": tuned.loss, "rate": tuned.best.rate}
        if yardstick is not None:
            known["speedup"] = 2.0 ** log_speedup(tuned, yardstick)
    return {f"{what}_{task}": known.get(what) for what in _OF_TASKS}


def _origin(rounds: list[StoredCandidate], results: list[Result]) -> Row:
    """Tells of a structure's training and ancestry; its first candidate was bred."""
    first, latest = rounds[0], rounds[-1]
    return {
        "micro": None if first.micro is None else 2.0**first.micro,
        "rounds": len(rounds),
        "cleared": latest.cleared,
        "replica_steps": sum(result.spent for result in results),
        "update_size": first.update_size,
        "block": first.block,
        "parent": first.parent,
        "mutations": json.dumps(first.mutations),
        "digest": first.digest,
        "structure": first.structure,
        "bred": first.text,
    }


def _finite(value: Value) -> Value:
    """Writes a number; infinite ones and NaN become null, which every format has."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
