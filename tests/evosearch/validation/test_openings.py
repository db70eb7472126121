"""Each opening of the final tasks is recorded, and costs the next one some of its level."""

from pathlib import Path

import pytest

from evosearch.errors import EvosearchError
from evosearch.validation.openings import OPENINGS, level_of, openings, record_opening


def opened(folder: Path, identity: str) -> int:
    return record_opening(folder, identity, "final", ["rule_1"], "2026-01-01").number


def test_openings_are_counted_and_the_same_question_is_none(tmp_path: Path) -> None:
    """Asking again goes on; another question opens again."""
    folder = tmp_path / "validation"
    assert openings(folder) == []
    assert [opened(folder, name) for name in ("a", "b", "a", "c", "b")] == [1, 2, 1, 3, 2]
    assert [one.identity for one in openings(folder)] == ["a", "b", "c"]
    assert openings(folder)[0].rules == ("rule_1",)


def test_levels_of_any_number_of_openings_add_up_to_no_more_than_the_whole(tmp_path: Path) -> None:
    """1/2 + 1/6 + 1/12 + … is 1, so that no number of openings exceeds it."""
    levels = []
    for number in range(200):
        opening = record_opening(tmp_path, str(number), "final", [], "")
        levels.append(level_of(opening, 0.05))
    assert sum(levels) < 0.05
    assert sum(levels) == pytest.approx(0.05, rel=0.01)
    assert levels == sorted(levels, reverse=True)
    assert level_of(None, 0.05) == 0.05


def test_a_damaged_record_is_not_taken_for_none(tmp_path: Path) -> None:
    """Nobody may open the tasks for the first time twice."""
    opened(tmp_path, "a")
    path = tmp_path / OPENINGS
    path.write_text(path.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    with pytest.raises(EvosearchError, match=r"openings\.jsonl: damaged .*before they are opened"):
        opened(tmp_path, "b")


def test_a_last_line_without_its_end_stays_a_line(tmp_path: Path) -> None:
    """Two records on one line could not be read again."""
    record_opening(tmp_path, "a", "final", ["x"], "2026-01-01")
    path = tmp_path / "openings.jsonl"
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    record_opening(tmp_path, "b", "final", ["x"], "2026-01-01")
    assert [one.identity for one in openings(tmp_path)] == ["a", "b"]


def test_a_number_that_is_none_is_damage_too(tmp_path: Path) -> None:
    """It would decide on the level."""
    opened(tmp_path, "a")
    path = tmp_path / OPENINGS
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"number": 1', '"number": "one"'), encoding="utf-8")
    with pytest.raises(EvosearchError, match=r"openings\.jsonl: damaged"):
        opened(tmp_path, "a")
