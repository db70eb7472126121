"""The whole page of a run: what it must have, and what it must not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page import page as module
from evosearch.reports.page.page import make_page
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from tests.support.made_outcome import open_final, outcome, two_rules, validate
from tests.support.page_reader import by_id, faults, read_page, rows, text_of
from tests.support.recorded_run import RECORDED, START, record
from tests.support.small_search import copy_database

SECTIONS = (
    *("verdict", "course", "flow", "front", "rule", "ancestry", "worth", "curves"),
    *("validation", "setup"),
)
EVIL = "a <script>alert(1)<b>&amp;"
"""A run's folder; no name on disk has a slash."""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ablations that were made in the working folder are no matter here."""
    monkeypatch.chdir(tmp_path)


def made(folder: Path, curves: bool = False) -> str:
    with StoreReader.open(folder) as store:
        return make_page(store, NOTHING_ADDED, curves=curves, card=False).html


def test_a_real_runs_page_is_whole(finished: StoreReader, tmp_path: Path) -> None:
    """Every section, each identifier once, every picture with words, nothing loaded."""
    text = made(copy_database(finished, tmp_path), curves=True)
    page = read_page(text)
    assert faults(page) == []
    for name in SECTIONS:
        assert text_of(by_id(page, name))
    targets = [link.get("href") for link in page.iter("a")]
    assert targets == [f"#{name}" for name in SECTIONS[1:]]
    assert len(list(page.iter("svg"))) == 6
    assert page.get("lang") == "en"
    assert [meta.get("name") for meta in page.iter("meta")] == [None, "viewport", "color-scheme"]


def test_the_numbers_are_the_databases(finished: StoreReader, tmp_path: Path) -> None:
    """The verdict's, read without our own reader."""
    page = read_page(made(copy_database(finished, tmp_path)))
    with closing(sqlite3.connect(finished.folder / DATABASE)) as database:
        number, *measured = database.execute(
            "SELECT candidate, speedup, low, high FROM finalists "
            "WHERE stage = 'report' AND place = 0"
        ).fetchone()
    speedup, low, high = (f"{value:.2f}" for value in measured)
    told = text_of(by_id(page, "verdict"))
    assert f"{speedup} [{low}, {high}]" in told
    assert ("the rule that it started from" if number == 0 else f"candidate {number}") in told
    assert f"#{number}" in text_of(by_id(page, "rule"))


@pytest.mark.slow
def test_equal_runs_have_equal_pages(finished: StoreReader, tmp_path: Path) -> None:
    """To the byte; curves are kept, as test_report_command.py shows."""
    folder = copy_database(finished, tmp_path)
    assert made(folder) == made(folder)


def test_no_text_of_a_run_is_markup(tmp_path: Path) -> None:
    """Not its path, nor a rule's name, program or origin in a validation, nor a validation's."""
    folder = record(tmp_path / EVIL)
    rules = two_rules(EVIL)
    validate(folder, "<script>", outcome(rules, machine=EVIL, suite=EVIL))
    open_final(folder, 1, 2)
    page = read_page(made(folder))
    assert faults(page) == []
    assert EVIL in text_of(next(page.iter("h1")))
    assert "<script>alert(1)</script>" in text_of(by_id(page, "validation"))
    assert "Yes: rule_1 is faster" in text_of(by_id(page, "verdict"))
    assert rows(page, "Openings")


def test_a_run_that_has_only_begun_has_an_honest_page(tmp_path: Path) -> None:
    """Every section is there and says that there is nothing yet."""
    StoreWriter.create(tmp_path / "fresh", RECORDED, START).close()
    page = read_page(made(tmp_path / "fresh", curves=True))
    assert faults(page) == []
    told = {name: text_of(by_id(page, name)) for name in SECTIONS}
    assert "Nothing was measured on fresh seeds yet" in told["verdict"]
    for name in ("course", "rule", "ancestry", "worth", "curves"):
        assert "No candidate was trained yet." in told[name]
    assert "No candidate was bred yet." in told["flow"]
    assert "No rule came through all tasks yet." in told["front"]
    assert "evosearch resume" in told["setup"]


def test_a_search_that_goes_on_has_a_page(finished: StoreReader, tmp_path: Path) -> None:
    """As it stands, with how far it came."""
    change = "UPDATE meta SET value = 'searching' WHERE key = 'state'"
    folder = copy_database(finished, tmp_path, change)
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        database.execute("DELETE FROM finalists")
        database.execute("DELETE FROM settings WHERE stage = 'ranking'")
        database.commit()
    page = read_page(made(folder))
    assert faults(page) == []
    told = text_of(by_id(page, "verdict"))
    assert "the search is not complete" in told
    assert "of 30 structures tuned" in told


def test_the_card_has_a_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between validations and configuration; where it was neither made nor kept there is none."""
    memory = ("Memory", [("bytes", "8")], "Little.")
    monkeypatch.setattr(module, "made_parts", lambda *_: [memory])
    with StoreReader.open(record(tmp_path / "run")) as store:
        html = make_page(store, curves=False).html
    page = read_page(html)
    assert text_of(by_id(page, "card")) == "Its cardMemoryLittle.bytes8"
    order = [section.get("id") for section in page.iter("section")]
    assert order == [*SECTIONS[:-1], "card", "setup"]
