"""Work in this process: done when its result is asked for."""

from __future__ import annotations

import operator
from pathlib import Path

import pytest

from evosearch.search.work import Inline


def test_inline_work_is_done_when_its_result_is_asked_for(tmp_path: Path) -> None:
    """Nothing runs ahead of the driver in its own process."""
    marker = tmp_path / "marker"
    pending = Inline().submit(marker.touch)
    assert not marker.exists()
    pending.result()
    assert marker.exists()


def test_results_are_those_of_the_function_and_its_errors_too() -> None:
    """Arguments are passed in their order."""
    assert Inline().submit(operator.sub, 7, 3).result() == 4
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        Inline().submit(operator.truediv, 1, 0).result()
