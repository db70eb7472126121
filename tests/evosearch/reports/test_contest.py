"""Which rules a validation is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from evosearch.errors import EvosearchError
from evosearch.reports.contest import contest
from evosearch.search.store_writer import StoreWriter
from tests.support.recorded_run import RECORDED, START, record


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    record(Path("one"))
    record(Path("runs/two"))
    StoreWriter.create(Path("fresh"), RECORDED, START).close()
    Path("own.py").write_text(START, encoding="utf-8")


def test_known_rules_come_from_no_run_and_were_chosen_by_nobody() -> None:
    """A file may hold the luckiest of many."""
    both = contest(["lion", "own.py"])
    assert [one.name for one in both.rules] == ["lion", "start"]
    assert (both.run, both.searched, both.chosen) == (None, (), ("start",))


def test_a_run_stands_for_its_finalists() -> None:
    """One is in the report; the run is known by folder or name."""
    (finalist,) = contest(["one"]).rules
    (best,) = contest(["one#best"]).rules
    assert finalist == best
    named = contest(["two"])
    assert named.run == Path("runs/two")
    assert named.searched == tuple(RECORDED.tasks)
    assert named.chosen == (named.rules[0].name,)


def test_rules_of_two_runs_are_refused() -> None:
    """Each run has its own record of openings."""
    assert len(contest(["one#0", "one#best", "lion"]).rules) == 3
    with pytest.raises(EvosearchError, match=r"rules of one and runs/two: expected those of one"):
        contest(["one#0", "two#best"])


def test_a_run_may_be_named_in_several_ways(tmp_path: Path) -> None:
    """By a link or its whole path it is the same run; it is called as it was at first."""
    Path("link").symlink_to("one")
    both = contest(["link#0", "one#best", f"{tmp_path / 'one'}#best"])
    assert both.run == Path("link")


def test_a_run_without_finalists_is_told() -> None:
    """And what to name instead."""
    with pytest.raises(EvosearchError, match=r"fresh: no finalists.*fresh#best or fresh#ID"):
        contest(["fresh"])
    with pytest.raises(EvosearchError, match="nowhere"):
        contest(["nowhere"])
