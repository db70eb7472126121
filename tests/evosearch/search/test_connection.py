"""Reading a run where nothing can be written."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from evosearch.errors import EvosearchError
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from tests.support.small_search import copy_database


def test_a_run_is_read_where_nothing_can_be_written(
    finished: StoreReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There SQLite cannot put its files beside the database; what it says is played here.

    With a log beside it that a killed driver left, not all that was committed could be read.
    """
    copy_database(finished, tmp_path)
    real = sqlite3.connect

    class Refusing(sqlite3.Connection):
        def execute(self, *_: Any) -> Any:
            raise sqlite3.OperationalError("unable to open database file")

    def connect(path: Any, **options: Any) -> sqlite3.Connection:
        return real(path, **options, **({"factory": Refusing} if isinstance(path, Path) else {}))

    monkeypatch.setattr(sqlite3, "connect", connect)
    with StoreReader.open(tmp_path) as store:
        assert store.counts() == finished.counts()
    (tmp_path / f"{DATABASE}-wal").write_bytes(b"not empty")
    with pytest.raises(EvosearchError, match="unable to open"):
        StoreReader.open(tmp_path)
