"""The record of what a validation said."""

from __future__ import annotations

from pathlib import Path

import pytest

from evosearch.validation.outcome import read_outcome, write_outcome
from tests.support.made_outcome import outcome, two_rules


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Intervals that exclude nothing too."""
    whole = outcome(two_rules("run"))
    assert read_outcome(write_outcome(tmp_path, whole)) == whole


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"standings": [{}]}'])
def test_what_is_no_outcome_is_refused(tmp_path: Path, text: str) -> None:
    """By one of the errors that are promised."""
    path = tmp_path / "outcome.json"
    path.write_text(text)
    with pytest.raises((ValueError, TypeError, KeyError)):
        read_outcome(path)
    with pytest.raises(OSError, match="none"):
        read_outcome(tmp_path / "none")
