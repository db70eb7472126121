"""A run as an object: its best rule, tables, ancestry."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import evosearch
from evosearch.api import runs
from evosearch.errors import EvosearchError
from evosearch.reports.summary import render
from evosearch.search.store_reader import StoreReader


@pytest.fixture
def run(finished: StoreReader) -> evosearch.Run:
    return evosearch.open_run(finished.folder)


@pytest.fixture(autouse=True)
def _without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)  # type: ignore[arg-type]


def test_what_a_run_tells_at_once(run: evosearch.Run, finished: StoreReader) -> None:
    """Its state, configuration and counts are those of the database; as text it is the summary."""
    assert run.done
    assert run.config == finished.config
    assert run.counts() == finished.counts()
    assert str(run) == render(finished)
    counts = finished.counts()
    assert repr(run) == (
        f"Run('{finished.folder}', done: {counts['generated']} generated, "
        f"{counts['trained']} trained)"
    )


def test_rules_of_a_run(run: evosearch.Run) -> None:
    """The best, and any candidate by number, as references of the command line give them."""
    best = run.best
    reference = evosearch.rule(f"{run.folder}#best")
    assert (best.text, best.evidence) == (reference.text, reference.evidence)
    assert best.called == f"{run.folder}#{best.name.removeprefix('rule_')}"
    assert run.rule(0).recognise().rule == "adamw"
    with pytest.raises(EvosearchError, match="has no candidate 100000"):
        run.rule(100000)


def test_the_table_is_of_structures_that_were_trained(run: evosearch.Run) -> None:
    """Best first, a row each; a condition leaves some out, and may leave out all."""
    rows = run.table()
    assert {row["id"] for row in rows} == {one.id for one in run.candidates("outcome = 'trained'")}
    measured = run.table("stage = 'report'")
    assert measured == [row for row in rows if row["stage"] == "report"] != []
    assert run.table(limit=2) == rows[:2]
    assert run.table("score > 1e9") == []
    assert run.table(limit=1, recognise=True)[0]["relation"]
    with pytest.raises(EvosearchError, match="no such column: sorce"):
        run.table("sorce > 1")


def test_a_data_frame_where_there_is_pandas(
    run: evosearch.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made of the same rows and columns."""
    made: list[Any] = []
    pandas = SimpleNamespace(DataFrame=lambda rows, columns: made.append((rows, columns)))
    rows = run.table()
    monkeypatch.setitem(sys.modules, "pandas", pandas)  # type: ignore[arg-type]
    assert run.table() is None
    assert made == [(rows, list(rows[0]))]


def test_all_candidates(run: evosearch.Run, finished: StoreReader) -> None:
    """In the order of breeding; conditions are on their fields and their score."""
    every = run.candidates()
    assert every == finished.candidates()
    rejected = run.candidates("gate IS NOT NULL")
    assert len(rejected) == sum(finished.counts()["rejected"].values()) > 0
    lucky = run.candidates("score > 1 AND outcome = 'trained'")
    assert lucky == [one for one in every if one.outcome == "trained" and (one.score or 0) > 1]
    with pytest.raises(EvosearchError, match="no such column: scores"):
        run.candidates("scores > 1")


def test_lineage_and_report(run: evosearch.Run) -> None:
    """Are those of the functions that take a run's name."""
    assert list(run.lineage()) == list(evosearch.lineage(str(run.folder)))
    assert len(run.lineage(0, descendants=True)) > len(run.lineage(0))
    assert run.report(curves=False, card=False).startswith("<!DOCTYPE html>")


def test_the_latest_run_is_opened_without_a_name(
    run: evosearch.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of those under runs/, which may be none."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EvosearchError, match="no run under runs/"):
        evosearch.open_run()
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "yardsticks").mkdir()
    (tmp_path / "runs" / "mine").symlink_to(run.folder.resolve(), target_is_directory=True)
    assert evosearch.open_run().folder == runs.RUNS / "mine"
    assert evosearch.open_run("mine").best.text == run.best.text


def test_what_is_no_run(tmp_path: Path) -> None:
    """Is told as the command line does."""
    with pytest.raises(EvosearchError, match="no such folder; expected a folder"):
        evosearch.open_run(tmp_path / "nothing")
