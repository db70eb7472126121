"""Selects rows of a table by a condition in SQL, which SQLite itself evaluates.

The rows are copied into a database in memory that may only be read, so a condition can neither
change a run nor reach a file; and what SQL means need not be explained here.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from evosearch.errors import EvosearchError
from evosearch.reports.frame import Frame

_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
"""What a statement may do that evaluates a condition."""


def holds(frame: Frame, condition: str) -> list[bool]:
    """Tells of each row whether a condition such as `score > 0.9 AND statements <= 10` holds.

    It is an expression of SQLite over the frame's columns; where it is null it does not hold.

    Raises:
        EvosearchError: it is no such expression, or names a column that there is not.
    """
    names = [f'"{name}"' for name in frame.columns]
    with closing(sqlite3.connect(":memory:")) as database:
        declared = (
            f"{name} {kind}" for name, kind in zip(names, frame.columns.values(), strict=True)
        )
        database.execute(f"CREATE TABLE rules ({', '.join(declared)})")
        places = ", ".join("?" * (len(names) + 1))
        database.executemany(
            f"INSERT INTO rules (rowid, {', '.join(names)}) VALUES ({places})",
            [(number, *row.values()) for number, row in enumerate(frame.rows)],
        )
        database.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
        )
        try:
            # The line ends before the bracket, which a comment in the condition would swallow.
            kept = {
                number
                for (number,) in database.execute(f"SELECT rowid FROM rules WHERE ({condition}\n)")
            }
        except (sqlite3.Error, sqlite3.Warning, UnicodeError) as error:
            raise EvosearchError(
                f"--where '{condition}': {error}; expected a condition such as "
                f"'score > 0.9 AND statements <= 10' on the columns {', '.join(frame.columns)}"
            ) from None
    return [number in kept for number in range(len(frame.rows))]
