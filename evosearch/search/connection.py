"""Connects to a run's database, be it in a folder in which nothing can be written."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from evosearch.errors import EvosearchError
from evosearch.search.schema import DATABASE, FORMAT


def connected_run(folder: Path) -> sqlite3.Connection:
    """Connects to the database of a run.

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
    connection = None
    try:
        connection = connected(path)
        row = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise EvosearchError(f"{path}: not a run's database ({error})") from None
    stored = row[0] if row else None
    if stored != str(FORMAT):
        connection.close()
        raise EvosearchError(
            f"{path}: format {stored}, expected {FORMAT}; use the version that wrote it"
        )
    return connection


def connected(path: Path) -> sqlite3.Connection:
    """Connects to a database, by itself where it lies.

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
