"""That the formats of a table read back as it was, by other readers."""

from __future__ import annotations

import csv
import json
import sys
from io import BytesIO, StringIO

import pytest

from evosearch.errors import EvosearchError
from evosearch.reports.frame import Frame
from evosearch.reports.frame_formats import FORMATS, to_csv, to_json, to_parquet

PROGRAM = "def f(g):\n    \"a, 'b'\"\n    return g\n"
TABLE = Frame(
    {"id": "INTEGER", "score": "REAL", "low": "REAL", "rule": "TEXT", "text": "TEXT"},
    (
        {"id": 1, "score": 0.1 + 0.2, "low": None, "rule": None, "text": PROGRAM},
        {"id": 2, "score": 1e-300, "low": None, "rule": "β, \u2028", "text": ""},
    ),
)


def test_csv_reads_back() -> None:
    """Numbers to the last bit, null as nothing, texts with their line ends and quotes."""
    text = to_csv(TABLE).decode()
    assert text.startswith("id,score,low,rule,text\n1,0.30000000000000004,,,")
    rows = list(csv.DictReader(StringIO(text, newline="")))
    for row, original in zip(rows, TABLE.rows, strict=True):
        assert row["low"] == ""
        assert float(row["score"]) == original["score"]
        assert (int(row["id"]), row["text"]) == (original["id"], original["text"])
        assert row["rule"] == (original["rule"] or "")


def test_json_reads_back() -> None:
    """As a list of objects."""
    assert json.loads(to_json(TABLE)) == list(TABLE.rows)


def test_parquet_reads_back() -> None:
    """With types, also of a column that holds nulls alone; a table without rows has them too."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(BytesIO(to_parquet(TABLE)))
    assert table.to_pylist() == list(TABLE.rows)
    kinds = [pyarrow.int64(), pyarrow.float64(), pyarrow.float64(), *[pyarrow.string()] * 2]
    assert table.schema.types == kinds
    empty = parquet.read_table(BytesIO(to_parquet(Frame(TABLE.columns, ()))))
    assert (empty.num_rows, empty.schema.types) == (0, kinds)


def test_an_empty_table_has_its_heading() -> None:
    """So that a reader meets the columns that it asks for."""
    empty = Frame(TABLE.columns, ())
    assert to_csv(empty) == b"id,score,low,rule,text\n"
    assert json.loads(to_json(empty)) == []


def test_parquet_asks_for_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line that says what to install or to take instead; the others need none."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(EvosearchError, match=r"needs pyarrow, .*`pip install pyarrow`, or take"):
        FORMATS["parquet"](TABLE)
    assert FORMATS["csv"](TABLE)
    assert FORMATS["json"](TABLE)
