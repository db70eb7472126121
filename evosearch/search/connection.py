"""Connects to a run's database, be it in a folder in which nothing can be written."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote


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
