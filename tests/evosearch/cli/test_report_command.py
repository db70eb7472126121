"""The command that writes a run's page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import evosearch
from evosearch import Program
from evosearch.cli import report_command
from evosearch.search.store_reader import StoreReader
from tests.support.commands import Run, read, refused
from tests.support.made_outcome import outcome, two_rules, validate
from tests.support.page_reader import faults, read_page
from tests.support.small_search import copy_database


def test_the_page_lies_in_the_run(run: Run, recorded: Path) -> None:
    """The verdict and the path are printed; the next time it is written anew without asking."""
    done = run("report", recorded, "--no-curves", "--no-card")
    path = recorded / "report.html"
    first, *_, last = done.out.splitlines()
    assert (done.status, last) == (0, str(path))
    assert first.startswith("On the search's own tasks, yes: candidate ")
    assert faults(read_page(path.read_text(encoding="utf-8"))) == []
    written = path.read_bytes()
    path.write_text("old")
    assert run("report", recorded, "--no-curves", "--no-card").status == 0
    assert path.read_bytes() == written
    assert not (recorded / "report").exists()


def test_a_file_that_is_named_is_not_overwritten(run: Run, recorded: Path, tmp_path: Path) -> None:
    """Unless by --force; nothing is made before that is known."""
    other = tmp_path / "other.html"
    other.write_text("mine")
    message = refused(run("report", recorded, "--no-curves", "--no-card", "--out", other))
    assert message == f"{other}: exists already; choose another --out, or add --force"
    assert other.read_text() == "mine"
    assert (
        run("report", recorded, "--no-curves", "--no-card", "--out", other, "--force").status == 0
    )
    assert other.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert not (recorded / "report.html").exists()


def test_the_verdict_as_json(run: Run, recorded: Path) -> None:
    """With the numbers it rests on."""
    record = read(run("report", recorded, "--no-curves", "--no-card", "--json"))
    assert record["path"] == str(recorded / "report.html")
    verdict = record["verdict"]
    assert set(verdict) == {"answer", "sentences", "basis", "rule", "speedup", "low", "high"}
    assert (verdict["answer"], verdict["basis"]) == ("yes", "finals")
    assert (verdict["speedup"], verdict["low"], verdict["high"]) == (1.5, 1.25, 1.75)


@pytest.mark.slow
def test_worths_are_measured_before_the_page_is_made(
    run: Run, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what `simplify` makes of the best rule, on the run's tasks."""
    asked: list[tuple[Program, tuple[str, ...]]] = []

    def measure(program: Program, tasks: tuple[str, ...], **_: object) -> None:
        asked.append((program, tasks))
        assert not (recorded / "report.html").exists()

    monkeypatch.setattr(report_command, "ablate", measure)
    assert run("report", recorded, "--no-curves", "--no-card", "--worth").status == 0
    ((program, tasks),) = asked
    meant = evosearch.simplify(f"{recorded}#best").after
    assert (program, tasks) == (meant, ("digit_images",))


@pytest.mark.slow
def test_an_endless_interval_is_null(run: Run, recorded: Path) -> None:
    """Which every reader of JSON has."""
    (_, endless) = two_rules("recorded")
    endless = replace(endless, origin="candidate 1 of run recorded")
    validate(recorded, "late", outcome((endless,)))
    verdict = read(run("report", recorded, "--no-curves", "--no-card", "--json"))["verdict"]
    assert (verdict["answer"], verdict["basis"]) == ("no", "validation late")
    assert (verdict["speedup"], verdict["low"], verdict["high"]) == (1.01, 0.0, None)


@pytest.mark.slow
def test_curves_are_told_on_stderr_once(run: Run, finished: StoreReader, tmp_path: Path) -> None:
    """The second page is made of what was kept; Python gives the same page."""
    folder = copy_database(finished, tmp_path)
    assert "training curves: logistic" in run("report", folder, "--no-card").err
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "training curves" not in run("report", folder, "--no-card").err
    assert (folder / "report.html").read_text(encoding="utf-8") == page
    assert evosearch.report(str(folder), card=False) == page


def test_a_run_that_has_only_begun(run: Run, fresh: Path) -> None:
    """It has a page, and the command that goes on with it is named."""
    done = run("report", fresh)
    assert done.status == 0
    assert f"evosearch resume {fresh}" in done.out


@pytest.mark.parametrize("curves", [True, False])
def test_a_run_that_used_other_operations_is_refused(
    run: Run, recorded: Path, curves: bool
) -> None:
    """In one line, before anything is written."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(recorded / "run.sqlite")) as database:
        (text,) = database.execute("SELECT value FROM meta WHERE key = 'config'").fetchone()
        config = {**json.loads(text), "extensions": ["0" * 64]}
        database.execute("UPDATE meta SET value = ? WHERE key = 'config'", (json.dumps(config),))
        database.commit()
    options = [] if curves else ["--no-curves", "--no-card"]
    assert "--primitives" in refused(run("report", recorded, *options))
    assert not (recorded / "report.html").exists()


def test_no_run_is_refused(run: Run, tmp_path: Path) -> None:
    """A folder without one, and none at all."""
    assert "no run" in refused(run("report", tmp_path))
    assert "no such folder" in refused(run("report", tmp_path / "none"))
