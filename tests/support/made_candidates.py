"""A run to which candidates are added as they are wanted, so that what reads it can be watched."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from evosearch.search.config_values import make_config
from evosearch.search.schema import DATABASE
from evosearch.search.store_writer import StoreWriter

TASK = "digit_images"
START = "def start(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    return m, m\n"


class Made(NamedTuple):
    """A candidate; what is not said is that of a class of its own that was trained."""

    parent: int | None = 0
    fitness: float | None = 0.0
    outcome: str = "trained"
    twin: int | None = None
    """Itself where None."""
    mutations: tuple[str, ...] = ("insert",)
    gate: str | None = None
    cleared: int | None = 1
    spent: int = 100
    text: str = START
    statements: int = 1


def rejected(gate: str, parent: int = 0) -> Made:
    """A candidate that a gate rejected."""
    return Made(parent, None, "rejected", gate=gate, cleared=None)


def duplicate(twin: int, parent: int = 0, fitness: float = 0.0) -> Made:
    """A candidate in the class of an earlier one."""
    return Made(parent, fitness, "duplicate", twin, cleared=None)


def retuned(twin: int, fitness: float) -> Made:
    """A further round of a class."""
    return Made(twin, fitness, "retuned", twin, ())


def begin(folder: Path, evaluations: int = 100, replica_steps: int = 0) -> Path:
    """Begins a run without candidates."""
    values = {"tasks": [TASK], "evaluations": evaluations, "replica_steps": replica_steps}
    StoreWriter.create(folder, make_config(values, "test"), START).close()
    return folder


def add(folder: Path, *candidates: Made) -> None:
    """Commits a block of candidates, which get the next numbers."""
    with closing(sqlite3.connect(folder / DATABASE)) as database, database:
        (number,) = database.execute("SELECT COUNT(*) FROM candidates").fetchone()
        (block,) = database.execute("SELECT COALESCE(MAX(block) + 1, 0) FROM candidates").fetchone()
        for one in candidates:
            trained = one.outcome in ("trained", "retuned")
            row = (
                number,
                block,
                one.parent,
                json.dumps(one.mutations),
                one.text,
                f"digest {number}",
                f"structure {number}",
                one.outcome,
                one.gate,
                number if one.twin is None else one.twin,
                (one.outcome == "retuned") if trained else None,
                None,
                (one.outcome == "retuned") or None,
                one.statements,
                1,
                1.0,
                one.fitness,
                one.cleared,
            )
            database.execute(f"INSERT INTO candidates VALUES ({', '.join('?' * 18)})", row)
            if trained:
                database.execute(
                    "INSERT INTO settings VALUES (?, 'search', ?, 1.0, '[0.9]', ?, 'measured')",
                    (number, TASK, one.spent),
                )
            number += 1


def finish(folder: Path) -> None:
    """Says that the run is done."""
    with closing(sqlite3.connect(folder / DATABASE)) as database, database:
        database.execute("UPDATE meta SET value = 'done' WHERE key = 'state'")


def measure(folder: Path, candidate: int, speedup: float, low: float, high: float) -> None:
    """Adds a report of the finals, of one candidate."""
    with closing(sqlite3.connect(folder / DATABASE)) as database, database:
        database.execute(
            "INSERT INTO finalists VALUES (?, 'report', 0, ?, ?, ?, '{}')",
            (candidate, speedup, low, high),
        )
