"""That a run's database is documented, table by table and column by column."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from evosearch.search import schema
from evosearch.search.store_reader import StoreReader
from scripts.write_schema_page import page

PAGE = Path(schema.__file__).parent / "SCHEMA.md"


def documented() -> dict[str, dict[str, tuple[str, str]]]:
    """From the page: for each table its columns, and of each the type and what it holds."""
    tables = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        name, about = re.fullmatch(r"`(\w+)`: (.+)", section.splitlines()[0]).groups()  # type: ignore[union-attr]
        assert len(about) > 10
        rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", section, re.MULTILINE)
        tables[name] = {column: (kind, holds) for column, kind, holds in rows}
    return tables


def test_every_column_is_documented(finished: StoreReader) -> None:
    """SQLite itself says which tables and columns a finished run has, and of which types."""
    with closing(sqlite3.connect(finished.folder / schema.DATABASE)) as database:
        names = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        actual = {
            name: {
                column: kind + ("" if required or key else " or null")
                for _, column, kind, required, _, key in database.execute(
                    f"PRAGMA table_info({name})"
                )
            }
            for name in names
        }
    told = documented()
    assert {
        table: {column: kind for column, (kind, _) in columns.items()}
        for table, columns in told.items()
    } == actual
    for columns in told.values():
        for _, holds in columns.values():
            assert re.search(r"[a-z]{2}", holds)
            assert "--" not in holds


def test_a_run_carries_its_documentation(finished: StoreReader) -> None:
    """What is told of a column stands in the file, where `.schema` shows it."""
    with closing(sqlite3.connect(finished.folder / schema.DATABASE)) as database:
        (text,) = database.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'settings'"
        ).fetchone()
    assert re.search(r"spent INTEGER NOT NULL, +-- replica-steps\n", text)


def test_the_page_is_the_one_that_the_script_writes() -> None:
    """Nobody changed the schema and forgot the page."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_words_of_outcome_and_stage_are_those_in_use(finished: StoreReader) -> None:
    """What the page lists as possible values covers every value of a finished run."""
    told = documented()
    with closing(sqlite3.connect(finished.folder / schema.DATABASE)) as database:
        for table, column in (
            ("candidates", "outcome"),
            ("settings", "stage"),
            ("settings", "ended"),
            ("evaluations", "stage"),
            ("finalists", "stage"),
            ("meta", "key"),
        ):
            values = {v for (v,) in database.execute(f"SELECT DISTINCT {column} FROM {table}")}
            words = set(re.findall(r"\w+", told[table][column][1]))
            assert values, (table, column)
            assert values <= words, (table, column, values - words)
