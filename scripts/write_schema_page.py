"""Writes the page about a run's database from the comments in its schema.

python -m scripts.write_schema_page
"""

from __future__ import annotations

import re
from pathlib import Path

from evosearch.search import schema

PAGE = Path(schema.__file__).parent / "SCHEMA.md"
_HEAD = f"""# A run's database

Written by `python -m scripts.write_schema_page` from `schema.py`, which is where to change it.

A run is one SQLite file, `{schema.DATABASE}`, of format {schema.FORMAT};
`sqlite3 RUN/{schema.DATABASE} .schema` shows what stands here. It may be read while the run goes
on. Speed-ups are over tuned AdamW, and a logarithm of one is to base 2. A `digest` is a hash: equal
ones are equal programs. `evosearch top RUN --all --format csv` joins the tables.
"""
_TABLE = re.compile(
    r"^CREATE TABLE (\w+) \( +-- (.+?)\n(.+?)^\)(?: WITHOUT ROWID)?;", re.MULTILINE | re.DOTALL
)
_COLUMN = re.compile(
    r"^    ([a-z_]+) ([A-Z]+)(.*?)-- (.+?)(?=\n    \S|\Z)", re.MULTILINE | re.DOTALL
)


def page() -> str:
    """Makes the page: a section for each table, a line for each column."""
    parts = [_HEAD.rstrip()]
    for name, about, body in _TABLE.findall(schema.SCHEMA + schema.STATE):
        parts += [f"\n## `{name}`: {about}\n", "| column | type | holds |", "|---|---|---|"]
        for column, kind, rules, comment in _COLUMN.findall(body):
            may_be_null = not re.search("NOT NULL|PRIMARY KEY", rules)
            told = re.sub(r"\s+(-- )?", " ", comment).strip()
            parts.append(f"| `{column}` | {kind}{' or null' if may_be_null else ''} | {told} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
