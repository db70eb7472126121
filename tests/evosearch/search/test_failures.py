"""What went wrong with workers is counted beside the run, and the counting breaks nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evosearch.search.failures import (
    DIED,
    EVENTS,
    FAILURES,
    HUNG,
    REPEATED,
    FailureLog,
    count_failures,
    unnoted,
)


def test_events_are_counted_by_kind(tmp_path: Path) -> None:
    """Those of several drivers too, since a resumed run goes on with the file."""
    assert count_failures(tmp_path) == dict.fromkeys(EVENTS, 0)
    assert not list(tmp_path.iterdir())
    for event in (DIED, REPEATED, REPEATED):
        FailureLog(tmp_path).note(event, "the work on quadratic")
    FailureLog(tmp_path).note(HUNG, "the work on spirals")
    counts = count_failures(tmp_path)
    assert counts == {"died": 1, "hung": 1, "out_of_memory": 0, "repeated": 2, "given_up": 0}
    lines = (tmp_path / FAILURES).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["work"] for line in lines][-1] == "the work on spirals"


@pytest.mark.parametrize("line", ['{"event": "di', "7", '["died"]', '{"event": "else"}', "{}", ""])
def test_a_damaged_line_counts_as_none(tmp_path: Path, line: str) -> None:
    """A kill may cut it short; the others count."""
    FailureLog(tmp_path).note(DIED, "a piece of work")
    with (tmp_path / FAILURES).open("a", encoding="utf-8") as file:
        file.write(line)
    FailureLog(tmp_path).note(DIED, "a piece of work")
    assert sum(count_failures(tmp_path).values()) == count_failures(tmp_path)[DIED] == 2


def test_what_cannot_be_written_is_not_counted(tmp_path: Path) -> None:
    """The search goes on."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    FailureLog(tmp_path / "file").note(DIED, "a piece of work")
    unnoted(DIED, "a piece of work")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
