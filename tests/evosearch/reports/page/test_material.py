"""What the sections of a page are told."""

from __future__ import annotations

from pathlib import Path

from evosearch.graph.lowering import lower
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page.material import gather
from evosearch.reports.references import resolve
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from tests.support.made_outcome import outcome, two_rules, validate
from tests.support.recorded_run import RECORDED, START, record


def test_the_best_rule_is_what_a_reference_means(tmp_path: Path) -> None:
    """`RUN#best`, also where the folder's name has a number sign."""
    folder = record(tmp_path / "a#b")
    validate(folder, "one", outcome(two_rules("a#b")))
    with StoreReader.open(folder) as store:
        material = gather(store, NOTHING_ADDED)
    assert material.best is not None
    meant = resolve(f"{folder}#best")
    assert material.best.reference.program == meant.program
    assert material.best.graph == lower(meant.program)
    assert (material.name, material.done) == ("a#b", True)
    assert [one.name for one in material.validations.every] == ["one"]


def test_a_run_that_has_only_begun_has_no_best_rule(tmp_path: Path) -> None:
    """And nothing else either."""
    StoreWriter.create(tmp_path / "fresh", RECORDED, START).close()
    with StoreReader.open(tmp_path / "fresh") as store:
        material = gather(store, NOTHING_ADDED)
    assert (material.best, material.trained, material.done) == (None, (), False)
    assert (material.ranked, material.reported) == ({}, {})
