"""Work in this process: done when its result is asked for."""

from __future__ import annotations

import operator
import time
from pathlib import Path

import pytest

from evosearch.search import work
from evosearch.search.failures import OUT_OF_MEMORY
from evosearch.search.work import Inline, Load, WorkFailed
from proxies import TASKS


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


def lacking(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't allocate memory: 9 bytes")])
def test_lack_of_memory_is_told_and_noted(error: Exception) -> None:
    """As on a worker, so that a block is then tuned structure by structure; tasks are named."""
    noted: list[tuple[str, str]] = []
    loads = [Load(TASKS[name], 1, "cpu") for name in ("quadratic", "spirals")]
    pending = Inline(lambda *event: noted.append(event)).submit(lacking, error, loads=loads)
    message = "this process ran out of memory over the work on quadratic, spirals; see that data"
    with pytest.raises(WorkFailed, match=message):
        pending.result()
    assert noted == [(OUT_OF_MEMORY, "the work on quadratic, spirals")]
    with pytest.raises(RuntimeError, match="shapes differ"):
        Inline().submit(lacking, RuntimeError("shapes differ")).result()


def test_work_that_takes_very_long_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody watches it here, and it may be a loop that never ends; its result counts as ever."""
    monkeypatch.setattr(work, "_OVERDUE", 0.05)
    assert Inline().submit(sorted, (1, 0)).result() == [0, 1]
    assert capsys.readouterr().err == ""
    Inline().submit(time.sleep, 0.5, loads=[Load(TASKS["spirals"], 1, "cpu")]).result()
    assert (
        "evosearch: the work on spirals has taken 0 minutes; if a task" in capsys.readouterr().err
    )
