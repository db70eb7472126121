"""How a run is made again."""

from __future__ import annotations

from pathlib import Path

from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page.material import gather
from evosearch.reports.page.setup_section import setup_section
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from tests.support.page_reader import faults, read_page, rows, text_of
from tests.support.recorded_run import RECORDED, START


def test_commands_values_and_versions_are_told(finished: StoreReader) -> None:
    """Every key of the configuration with its value, every version and every task's digest."""
    section = read_page(setup_section(gather(finished, NOTHING_ADDED)).body)
    assert faults(section) == []
    told = {row[0]: row[1] for row in rows(section, "The configuration")}
    assert set(told) == set(type(finished.config).model_fields)
    assert told["seed"] == str(finished.config.seed)
    (made,) = finished.circumstances
    versions = {row[0]: row[1] for row in rows(section, "What a part of the run")}
    assert versions["torch"] == made.torch
    assert all(versions[f"task {name}"] == digest for name, digest in made.tasks.items())
    commands = text_of(next(section.iter("pre")))
    assert f"evosearch replay {finished.folder}" in commands
    assert "resume" not in commands


def test_a_run_that_is_not_complete_names_the_command_that_goes_on(tmp_path: Path) -> None:
    """With its folder as a shell takes it."""
    folder = tmp_path / "a run"
    StoreWriter.create(folder, RECORDED, START).close()
    with StoreReader.open(folder) as store:
        section = read_page(setup_section(gather(store, NOTHING_ADDED)).body)
    assert f"evosearch resume '{folder}'" in text_of(section)
    assert "is not recorded" in text_of(section)
