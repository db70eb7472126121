"""Writes a table of rules in the formats that other programs read: CSV, JSON, Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from io import BytesIO, StringIO

from evosearch.errors import EvosearchError
from evosearch.reports.frame import INTEGER, REAL, TEXT, Frame


def to_csv(frame: Frame) -> bytes:
    """Writes a heading and a line for each row; null is empty, and numbers keep all their digits.

    A field with line ends stands in quotes (RFC 4180), as program text does.
    """
    text = StringIO()
    writer = csv.DictWriter(text, list(frame.columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(frame.rows)
    return text.getvalue().encode()


def to_json(frame: Frame) -> bytes:
    """Writes a list with an object for each row; no number in it is infinite or NaN."""
    return json.dumps(list(frame.rows), indent=2, allow_nan=False).encode() + b"\n"


def to_parquet(frame: Frame) -> bytes:
    """Writes an Apache Parquet file with typed columns, those included that hold nulls alone.

    Raises:
        EvosearchError: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise EvosearchError(
            "--format parquet needs pyarrow, which is not installed; `pip install pyarrow`, or "
            "take --format csv"
        ) from None
    kinds = {INTEGER: pyarrow.int64(), REAL: pyarrow.float64(), TEXT: pyarrow.string()}
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in frame.columns.items()])
    file = BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(list(frame.rows), schema=schema), file)
    return file.getvalue()


FORMATS: Mapping[str, Callable[[Frame], bytes]] = {
    "csv": to_csv,
    "json": to_json,
    "parquet": to_parquet,
}
BINARY = ("parquet",)
"""The formats that are not text, and so not for a terminal."""
