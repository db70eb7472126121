"""Runs that commands read."""

from pathlib import Path

import pytest

from evosearch.search.store_writer import StoreWriter
from tests.support.recorded_run import RECORDED, START, record


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A run with its start rule and a mutant trained, and the mutant measured again."""
    return record(tmp_path / "recorded")


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A run that has only just begun."""
    StoreWriter.create(tmp_path / "fresh", RECORDED, START).close()
    return tmp_path / "fresh"
