"""What each part of a rule is worth, as an ablation says."""

from __future__ import annotations

from pathlib import Path

from evosearch import known_rule
from evosearch.ablation.difference import Difference
from evosearch.ablation.measured import Measured
from evosearch.ablation.shrinking import Worth
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page.material import gather
from evosearch.reports.page.worth_section import worth_section
from evosearch.search.store_reader import StoreReader
from evosearch.simplification.result import Simplified
from tests.support.page_reader import read_page, rows, text_of
from tests.support.recorded_run import record


def test_worths_are_tabulated(tmp_path: Path) -> None:
    """Also of a part in whose place nothing trains, and of one that was given up."""
    program = known_rule("lion")
    worths = (
        Worth("sign(x)", "x", Difference(0.5, 0.4, 0.6, 3)),
        Worth("m", "0", Difference(0.7, 0.6, 0.8, 1, given_up=True)),
        Worth("g", "", None),
    )
    whole = Difference(1.01, 0.97, 1.05, 3)
    simplified = Simplified(program, program, 1.0, ())
    measured = Measured(("spirals",), simplified, worths, whole, whole)
    with StoreReader.open(record(tmp_path / "run")) as store:
        page = read_page(worth_section(gather(store, NOTHING_ADDED), measured).body)
    assert rows(page, "The speed without it") == [
        ["sign(x)", "x", "0.50 [0.40, 0.60]"],
        ["m", "0", "0.70 [0.60, 0.80], given up early"],
        ["g", "–", "nothing that trains is left"],
    ]
    assert "it has 1.01 [0.97, 1.05] times the speed of what came in" in text_of(page)


def test_what_was_not_measured_has_the_command_that_measures_it(tmp_path: Path) -> None:
    """With the rule and the run's tasks; where it was begun, that is said."""
    folder = record(tmp_path / "run")
    with StoreReader.open(folder) as store:
        material = gather(store, NOTHING_ADDED)
        pages = [worth_section(material, told).body for told in (None, "It was begun.")]
    assert material.best is not None
    command = f"evosearch simplify '{folder}#{material.best.number}' --measure digit_images"
    assert all(command in text_of(read_page(page)) for page in pages)
    assert "It was not measured." in pages[0]
    assert "It was begun." in pages[1]
