"""A run's yardsticks: measured only where neither the run nor the cache has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evosearch.plugins.additions import NOTHING_ADDED, TaskFile
from evosearch.scoring.yardstick import Yardstick, horizons, measure_point, measure_yardstick
from evosearch.scoring.yardstick_cache import cache_path, load, save
from evosearch.search.config import make_config
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Inline, Pending
from evosearch.search.yardsticks import ensure_yardsticks
from tests.support.small_search import Silent
from tests.support.tiny_task import TINY, TINY_TOO


class Counting(Inline):
    """Notes what it is asked to do."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int]] = []

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Pending[Any]:
        assert function is measure_point
        task, steps, _ = arguments
        self.steps.append((task.name, steps))
        return super().submit(function, *arguments)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StoreWriter]:
    additions = NOTHING_ADDED
    for task in (TINY, TINY_TOO):
        additions = additions.with_task(TaskFile("", task.name), task)
    config = make_config({"tasks": ["tiny", "tiny_too"], "compile": False}, "test", additions)
    with StoreWriter.create(tmp_path / "run", config, "") as store:
        yield store


@pytest.fixture(scope="module")
def yardsticks() -> list[Yardstick]:
    return [measure_yardstick(task) for task in (TINY, TINY_TOO)]


def test_what_is_measured_is_kept_with_the_run_and_in_the_cache(
    store: StoreWriter, yardsticks: list[Yardstick], tmp_path: Path
) -> None:
    """Longest trainings first, and the same yardsticks as measured at once; later none is made."""
    executor, observer = Counting(), Silent()
    measured = ensure_yardsticks(store, executor, observer, tmp_path)
    assert [task.yardstick for task in measured] == yardsticks == store.yardsticks()
    assert [task.task for task in measured] == [TINY, TINY_TOO]
    assert executor.steps == [
        (task.name, steps) for task in (TINY, TINY_TOO) for steps in reversed(horizons(task))
    ]
    assert observer.phases == ["AdamW's yardstick"]
    assert observer.done == list(range(1, 11))
    assert [load(cache_path(tmp_path, task)) for task in (TINY, TINY_TOO)] == yardsticks
    executor = Counting()
    assert ensure_yardsticks(store, executor, observer, tmp_path / "empty") == measured
    assert executor.steps == []


def test_a_cached_yardstick_is_taken_and_stored(
    store: StoreWriter, yardsticks: list[Yardstick], tmp_path: Path
) -> None:
    """Only the other task is measured."""
    save(cache_path(tmp_path, TINY), yardsticks[0])
    executor = Counting()
    ensure_yardsticks(store, executor, Silent(), tmp_path)
    assert {name for name, _ in executor.steps} == {"tiny_too"}
    assert store.yardsticks() == yardsticks


def test_the_runs_own_yardstick_comes_before_a_cached_one(
    store: StoreWriter, yardsticks: list[Yardstick], tmp_path: Path
) -> None:
    """A run stays what it was when it was begun."""
    stored = [Yardstick(y.task, y.steps, y.points[::-1]) for y in yardsticks]
    for task, own, cached in zip((TINY, TINY_TOO), stored, yardsticks, strict=True):
        store.add_yardstick(own)
        save(cache_path(tmp_path, task), cached)
    measured = ensure_yardsticks(store, Counting(), Silent(), tmp_path)
    assert [task.yardstick for task in measured] == stored
