"""Runs whose progress is shown."""

from pathlib import Path

import pytest

from tests.support.recorded_run import record


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A run with its start rule and a mutant trained, and the mutant measured again."""
    return record(tmp_path / "recorded")
