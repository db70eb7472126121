"""A run whose scores were written down: classes with losses by seed, and no training."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from evosearch.language.library import known_rule
from evosearch.language.printer import to_text
from evosearch.search.config_values import make_config
from evosearch.search.schema import DATABASE
from evosearch.search.store_writer import StoreWriter
from tests.support.made_yardstick import made_yardstick

TASKS = ("logistic", "digit_images")
OWN_LOSS, LOSS_PER_DOUBLING = 1.5, 0.25
"""AdamW's on every seed, and what twice its speed is worth."""
Logs = Sequence[Sequence[float]]
"""Of a class, logarithms of speed by task and seed."""


def scored_run(folder: Path, first: Sequence[Logs], second: Mapping[int, Logs]) -> Path:
    """Writes a run with the logarithms of each class in the first round, on the seeds 0 and 1, and
    of some in the second, on the seeds 2 to 5; infinite ones diverged.
    """
    config = make_config({"tasks": list(TASKS), "seeds": 2}, "test")
    with StoreWriter.create(folder, config, to_text(known_rule("adamw"))) as store:
        for task in config.training_tasks:
            store.add_yardstick(made_yardstick(task))
    with closing(sqlite3.connect(folder / DATABASE)) as database, database:
        for number, logs in enumerate(first):
            _add(database, number, number, 0, logs)
        for place, (number, logs) in enumerate(second.items()):
            _add(database, len(first) + place, number, 1, logs)
    return folder


def _add(database: sqlite3.Connection, number: int, twin: int, tuning: int, logs: Logs) -> None:
    outcome = "retuned" if tuning else "trained"
    score = float(np.mean([value for own in logs for value in own if np.isfinite(value)]))
    text = f"def rule_{twin}(g):\n    return {'tanh(' * twin}g{')' * twin}\n"
    row = (number, number, 0, "[]", text, f"d{number}", f"s{twin}", outcome, None, twin, tuning)
    others = (None, 1 if tuning else None, 1, 0, 1.0, score, 1)
    database.execute(f"INSERT INTO candidates VALUES ({', '.join('?' * 18)})", (*row, *others))
    for task, own in zip(TASKS, logs, strict=True):
        database.execute(
            "INSERT INTO settings VALUES (?, 'search', ?, 1.0, ?, 100, 'measured')",
            (number, task, json.dumps([])),
        )
        for seed, value in enumerate(own, start=2 if tuning else 0):
            loss = OWN_LOSS - LOSS_PER_DOUBLING * value if np.isfinite(value) else None
            database.execute(
                "INSERT INTO evaluations VALUES (?, 'search', ?, 100, ?, 1.0, ?, ?)",
                (number, task, seed, json.dumps([]), loss),
            )
