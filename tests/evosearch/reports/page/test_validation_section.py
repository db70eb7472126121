"""What validations measured, in tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page.material import gather
from evosearch.reports.page.validation_section import validation_section
from evosearch.search.store_reader import StoreReader
from tests.support.made_outcome import BASELINES, TASKS, open_final, outcome, two_rules, validate
from tests.support.page_reader import faults, read_page, rows, text_of
from tests.support.recorded_run import record


def section(folder: Path) -> str:
    with StoreReader.open(folder) as store:
        return validation_section(gather(store, NOTHING_ADDED)).body


def test_each_validation_is_shown_whole(tmp_path: Path) -> None:
    """Standings, every task and length, sensitivities, programs and openings."""
    folder = record(tmp_path / "run")
    validate(folder, "late", outcome(two_rules("run")))
    open_final(folder, 1, 2)
    page = read_page(section(folder))
    assert faults(page) == []
    standings = {row[0]: row[1:] for row in rows(page, "Over all tasks")}
    assert list(standings) == ["rule_1", "other", *(f"{name} (baseline)" for name in BASELINES)]
    assert standings["rule_1"] == [
        "1.20 [1.15, 1.25]",
        "better",
        "1.18 [1.13, 1.23] over nadam: not distinguishable",
        "31.5",
        TASKS[1],
        "0.97 [0.96, 0.98], shrinks",
        "12%",
        "8",
        "1.25 of AdamW's",
        "8",
    ]
    for task in TASKS:
        first, second, *others = rows(page, f"On {task}")
        assert first == [
            *("rule_1", "1 × (100 steps)", "0.75", "1.20 [0.95, 1.45]", "3", "12%"),
            *("0.002", "0.01", "beta1 = 0.875"),
        ]
        assert second[1] == "8 × (800 steps)"
        assert len(others) == 2 * (1 + len(BASELINES))
    moved = rows(page, "Sensitivity of rule_1")
    assert moved == [[f"{task}, 1 ×", "rate", "1.5", "2 or further"] for task in TASKS]
    assert "final was opened 2 times; the level is divided accordingly" in text_of(page)
    assert rows(page, "Openings") == [
        [str(n), "final", "rule_1, other", f"2026-11-0{n}"] for n in (1, 2)
    ]
    assert "return g # <script>alert(1)</script>" in text_of(page)


def test_one_length_has_no_slope(tmp_path: Path) -> None:
    """And no picture of lengths; a rule without sensitivities has no table of them."""
    folder = record(tmp_path / "run")
    (rule, _) = two_rules("run")
    bare = replace(rule, slope=None, on_tasks=())
    validate(folder, "late", outcome((bare,), horizons=(1.0,)))
    page = read_page(section(folder))
    assert len(list(page.iter("svg"))) == 1
    assert rows(page, "Over all tasks")[0][6:8] == ["–", "–"]
    assert "Sensitivity" not in text_of(page)


def test_what_is_missing_or_broken_is_said(tmp_path: Path) -> None:
    """No validation is no error; a broken one is named beside the others."""
    folder = record(tmp_path / "run")
    assert "No validation of this run was made." in section(folder)
    for name in ("one", "two"):
        validate(folder, name, outcome(two_rules("run")))
    (folder / "validation" / "one" / "outcome.json").write_text("<script>")
    page = read_page(section(folder))
    assert faults(page) == []
    assert "validation/one/outcome.json cannot be read" in text_of(page)
    assert [text_of(one) for one in page.iter("h3")] == ["Validation 1: two"]
