"""Conditions by which rows are selected: what SQL says of them, and what they cannot do."""

from __future__ import annotations

import re

import pytest

from evosearch.errors import EvosearchError
from evosearch.reports.frame import Frame
from evosearch.reports.selection import holds

VALUES = [(1, 0.5, "lion"), (2, None, "adamw"), (3, 1.5, None), (4, 1.5, "it's")]
TABLE = Frame(
    {"id": "INTEGER", "score": "REAL", "rule": "TEXT"},
    tuple({"id": i, "score": s, "rule": r} for i, s, r in VALUES),
)


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("score > 0.9", {3, 4}),
        ("score > 0.9 and id <= 3", {3}),
        ("score > 0.9 OR rule = 'adamw'", {2, 3, 4}),
        ("score IS NULL", {2}),
        ("NOT score > 0.9", {1}),  # null is neither more nor not more
        ("rule LIKE '%o%'", {1}),
        ("rule = 'it''s'", {4}),
        ("id % 2 = 1 -- odd", {1, 3}),
        ("ID BETWEEN 2 AND 3", {2, 3}),
        ("abs(score - 1) = 0.5", {1, 3, 4}),
        ("score = (SELECT MAX(score) FROM rules)", {3, 4}),
        ("1", {1, 2, 3, 4}),
        ("0", set()),
    ],
)
def test_rows_for_which_it_holds(condition: str, ids: set[int]) -> None:
    """As SQL has it: where a value is null, a comparison does not hold, nor its opposite."""
    assert holds(TABLE, condition) == [number in ids for number, *_ in VALUES]


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("colour = 1", "no such column: colour"),
        ("score >", "syntax error"),
        ("", "syntax error"),
        ("score > 1); DELETE FROM rules; --", "one statement at a time"),
        ("load_extension('x')", "not authorized"),
        ("id IN (WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i FROM n) SELECT i FROM n)", ""),
        ("id IN (SELECT seq FROM pragma_database_list)", ""),
        ("\ud800 = 1", ""),
    ],
)
def test_what_is_no_condition_is_refused(condition: str, reason: str) -> None:
    """In one line that names the columns; nothing else than reading these rows is possible."""
    pattern = rf"{re.escape(reason)}.*; expected a condition .* on the columns id, score, rule$"
    with pytest.raises(EvosearchError, match=pattern):
        holds(TABLE, condition)


def test_a_column_may_have_any_name() -> None:
    """Tasks of a user's own stand in the names of columns."""
    table = Frame({"loss_my task": "REAL"}, ({"loss_my task": 2.0}, {"loss_my task": None}))
    assert holds(table, '"loss_my task" = 2') == [True, False]
