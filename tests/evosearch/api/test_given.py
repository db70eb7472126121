"""What callers may give: names, files, objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from evosearch.api.given import as_text, referred, with_operations, with_tasks
from evosearch.errors import EvosearchError
from evosearch.language.library import known_rule
from evosearch.language.parser import parse
from proxies import SUITES, TASKS
from tests.support.tiny_task import TINY, TINY_TOO
from tests.support.user_files import operation_text, task_text


def test_tasks_by_name_suite_file_and_object(tmp_path: Path) -> None:
    """In the order given, each once."""
    file = tmp_path / "own.py"
    file.write_text(task_text(2.0), encoding="utf-8")
    names, additions = with_tasks(["micro", TINY, f"{file}:MINE", TASKS["spirals"], TINY, TINY_TOO])
    assert names == (*SUITES["micro"], "tiny", "mine", "spirals", "tiny_too")
    assert additions.tasks["tiny"] is TINY
    assert set(additions.task_sources) == {"tiny", "mine", "tiny_too"}
    assert with_tasks("spirals")[0] == with_tasks(TASKS["spirals"])[0] == ("spirals",)


def test_operations_by_file_and_object(tmp_path: Path) -> None:
    """What is there already adds nothing."""
    file = tmp_path / "rows.py"
    file.write_text(operation_text("tanh(a)"), encoding="utf-8")
    additions = with_operations(file)
    assert additions.operation_names == ("bend",)
    row = additions.table.operations["bend"]
    assert with_operations([row, str(file)], additions) is additions
    assert with_operations(row).operation_names == ("bend",)


def test_a_program_is_given_on_as_text() -> None:
    """Which names the same program again."""
    lion = known_rule("lion")
    assert parse(as_text(lion)) == lion
    assert as_text("lion") == "lion"
    assert referred(lion).origin == "program lion"


def test_an_object_of_another_kind() -> None:
    """Is named by its type."""
    with pytest.raises(EvosearchError, match="got Program"):
        with_tasks([known_rule("lion")])  # type: ignore[list-item]
