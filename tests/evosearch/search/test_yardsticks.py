"""A run's yardsticks: measured only where neither the run nor the cache has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.plugins.sources import TaskFile
from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.yardstick import (
    Yardstick,
    horizons,
    measure_default,
    measure_point,
    measure_yardstick,
)
from evosearch.scoring.yardstick_cache import find, save
from evosearch.search import yardsticks as module
from evosearch.search.config_values import make_config
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Inline, Pending
from evosearch.search.yardsticks import ensure_yardsticks
from tests.support.small_search import Silent
from tests.support.tiny_task import TINY, TINY_TOO

BUDGET = 4
"""The trainings with which candidates are usually tuned, in these tests."""


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that spends less on a candidate than is usual does not spend less on AdamW."""
    monkeypatch.setattr(module, "BUDGET", BUDGET)


class Counting(Inline):
    """Notes what it is asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[tuple[str, int]] = []
        """By task; 0 stands for AdamW with its defaults."""

    def submit(self, function: Callable[..., Any], *arguments: Any, **loads: Any) -> Pending[Any]:
        task = arguments[0]
        if function is measure_default:
            assert arguments[1] == BUDGET * ROUNDS
            self.steps.append((task.name, 0))
        else:
            assert function is measure_point
            assert arguments[2] == BUDGET * ROUNDS
            self.steps.append((task.name, arguments[1]))
        return super().submit(function, *arguments, **loads)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreWriter]:
    additions = NOTHING_ADDED
    for task in (TINY, TINY_TOO):
        additions = additions.with_task(TaskFile("", task.name), task)
    values = {"tasks": ["tiny", "tiny_too"], "compile": False, "budget": BUDGET - 1}
    config = make_config(values, "test", additions)
    with StoreWriter.create(tmp_path / "run", config, "") as store:
        yield store


@pytest.fixture(scope="module")
def yardsticks() -> list[Yardstick]:
    return [measure_yardstick(task, BUDGET * ROUNDS) for task in (TINY, TINY_TOO)]


def test_what_is_measured_is_kept_with_the_run_and_in_the_cache(
    store: StoreWriter, yardsticks: list[Yardstick], tmp_path: Path
) -> None:
    """Longest trainings first, and the same yardsticks as measured at once; later none is made.

    AdamW is tuned with as large a budget as a candidate in all its rounds together, or the usual
    one where that is larger.
    """
    executor, observer = Counting(), Silent()
    measured = ensure_yardsticks(store, executor, observer, tmp_path)
    assert [task.yardstick for task in measured.search] == yardsticks == store.yardsticks()
    assert [task.task for task in measured.search] == [TINY, TINY_TOO]
    assert executor.steps == [
        (task.name, steps) for task in (TINY, TINY_TOO) for steps in (*horizons(task)[::-1], 0)
    ]
    assert observer.phases == ["AdamW's yardstick"]
    assert observer.done == list(range(1, 13))
    assert [find(tmp_path, task, BUDGET * ROUNDS) for task in (TINY, TINY_TOO)] == yardsticks
    executor = Counting()
    assert ensure_yardsticks(store, executor, observer, tmp_path / "empty") == measured
    assert executor.steps == []


def test_a_cached_yardstick_is_taken_and_stored(
    store: StoreWriter, yardsticks: list[Yardstick], tmp_path: Path
) -> None:
    """Only the other task is measured."""
    save(tmp_path, TINY, yardsticks[0])
    executor = Counting()
    ensure_yardsticks(store, executor, Silent(), tmp_path)
    assert {name for name, _ in executor.steps} == {"tiny_too"}
    assert store.yardsticks() == yardsticks


def test_the_runs_own_yardstick_comes_before_a_cached_one(
    store: StoreWriter, yardsticks: list[Yardstick], tmp_path: Path
) -> None:
    """A run stays what it was when it was begun."""
    stored = [replace(y, points=y.points[::-1]) for y in yardsticks]
    for task, own, cached in zip((TINY, TINY_TOO), stored, yardsticks, strict=True):
        store.add_yardstick(own)
        save(tmp_path, task, cached)
    measured = ensure_yardsticks(store, Counting(), Silent(), tmp_path)
    assert [task.yardstick for task in measured.search] == stored


def test_a_cached_yardstick_that_was_tuned_with_less_is_measured_again(
    store: StoreWriter, yardsticks: list[Yardstick], tmp_path: Path
) -> None:
    """No candidate may have more than AdamW had."""
    for task, known in zip((TINY, TINY_TOO), yardsticks, strict=True):
        save(tmp_path, task, replace(known, budget=BUDGET * ROUNDS - (task is TINY)))
    executor = Counting()
    measured = ensure_yardsticks(store, executor, Silent(), tmp_path)
    assert {name for name, _ in executor.steps} == {"tiny"}
    assert [task.yardstick for task in measured.search] == yardsticks


def test_a_search_that_spends_more_on_candidates_spends_more_on_adamw(
    store: StoreWriter, yardsticks: list[Yardstick], tmp_path: Path
) -> None:
    """Else a candidate could be tuned better than what it is compared with."""
    for task, known in zip((TINY, TINY_TOO), yardsticks, strict=True):
        save(tmp_path, task, known)
    config = store.config.model_copy(update={"budget": BUDGET + 1})
    budgets: set[int] = set()

    class Noting(Inline):
        def submit(
            self, function: Callable[..., Any], *arguments: Any, **loads: Any
        ) -> Pending[Any]:
            budgets.add(arguments[1 if function is measure_default else 2])
            return super().submit(function, *arguments, **loads)

    with StoreWriter.create(tmp_path / "more", config, "") as generous:
        ensure_yardsticks(generous, Noting(), Silent(), tmp_path)
    assert budgets == {(BUDGET + 1) * ROUNDS}
