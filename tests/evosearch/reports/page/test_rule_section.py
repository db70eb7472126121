"""The best rule, as a program, formulas and a drawing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evosearch import latex, parse
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page.material import gather
from evosearch.reports.page.rule_section import rule_section, typeset
from evosearch.search.store_reader import StoreReader
from tests.support.page_reader import faults, read_page, rows, text_of
from tests.support.recorded_run import BETA, record


def test_the_rule_is_the_best_one(tmp_path: Path) -> None:
    """Its program reads back to the same graph; LaTeX and settings are the run's."""
    folder = record(tmp_path / "run")
    with StoreReader.open(folder) as store:
        material = gather(store, NOTHING_ADDED)
        section = read_page(rule_section(material).body)
    assert faults(section) == []
    assert material.best is not None
    program, source = ("".join(one.itertext()) for one in section.iter("pre"))
    shown, meant = (
        digest(lower(one, bind=True)) for one in (parse(program), material.best.reference.program)
    )
    assert shown == meant
    assert source == latex(f"{folder}#best")
    assert "95% interval 1.25 to 1.75" in text_of(section)
    ((task, rate, *constants),) = rows(section, "The best setting on each task")
    assert (task, rate) == ("digit_images", "1")
    assert f"{BETA:g}" in constants


def test_before_the_finals_the_score_is_that_of_the_latest_round(tmp_path: Path) -> None:
    """And it is said to be too high."""
    with StoreReader.open(record(tmp_path / "run")) as store:
        material = replace(gather(store, NOTHING_ADDED), reported={})
        told = text_of(read_page(rule_section(material).body))
    assert "2.00 times the speed of tuned AdamW, on the seeds that chose it" in told


@pytest.mark.parametrize(
    ("plain", "html"),
    [
        ("g_t² + v_{t-1}", "g<sub>t</sub>² + v<sub>t-1</sub>"),
        ("β^t / (1 − β^t)", "β<sup>t</sup> / (1 − β<sup>t</sup>)"),
        ("x^(a + b) < 1", "x^(a + b) &lt; 1"),
        ("slow_tail", "slow_tail"),
    ],
)
def test_times_stand_below_and_simple_exponents_above(plain: str, html: str) -> None:
    """What only looks like a time, or is longer than a word, stays as it is."""
    assert typeset(plain) == html
