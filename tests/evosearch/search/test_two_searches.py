"""Two searches with different files of their user's, in one process, do not see each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evosearch.plugins.additions import Additions
from evosearch.plugins.sources import TaskFile
from evosearch.plugins.tasks import load_task_file
from evosearch.search import yardsticks
from evosearch.search.config_values import make_config
from evosearch.search.loop import search
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Executor, Inline, Pending
from tests.support.small_search import Silent, rows
from tests.support.user_files import bending, task_text

START = "def start(g, m):\n    m = lerp(bend(g), m, 0.5)\n    return m, m\n"
VALUES = {
    **{"tasks": ["mine"], "evaluations": 12, "population": 6, "block": 3, "seeds": 1},
    **{"compile": False, "budget": 4, "finalists": 1, "fresh_seeds": 2},
}
MEANINGS = {"first": ("a * abs(a)", 1.0), "second": ("tanh(a)", 3.0)}
"""By search, what the operation `bend` and the task `mine` mean in it."""


def additions(name: str) -> Additions:
    meaning, factor = MEANINGS[name]
    file = TaskFile(task_text(factor), "MINE")
    return load_task_file(file, f"{name}.py", bending(meaning))[1]


@pytest.fixture(scope="module", autouse=True)
def _little() -> Iterator[None]:
    """AdamW is tuned with little, since its yardsticks are not what is compared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yardsticks, "BUDGET", 2)
        yield


def run(name: str, folder: Path, executor: Executor) -> dict[str, list[Any]]:
    """The database of a search that uses the files of that name."""
    config = make_config(VALUES, "test", additions(name))
    with StoreWriter.create(folder / name, config, START) as store:
        search(store, executor, Silent(), folder / f"yardsticks of {name}")
    return rows(store)


class Interleaved(Inline):
    """Lets something else happen in this process whenever it does a piece of work."""

    def __init__(self, happen: Callable[[], object]) -> None:
        super().__init__()
        self._happen = happen

    def submit(self, function: Callable[..., Any], *arguments: Any, **loads: Any) -> Pending[Any]:
        self._happen()
        work = super().submit(function, *arguments, **loads)
        happen = self._happen

        class Late:
            def result(self) -> Any:
                happen()
                return work.result()

        return Late()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[Any]]]:
    """The databases of both searches, the one after the other."""
    return {name: run(name, tmp_path_factory.mktemp("alone"), Inline()) for name in MEANINGS}


def test_the_files_make_a_difference(alone: dict[str, dict[str, list[Any]]]) -> None:
    """Same texts to start from, and from there on other results."""
    first, second = alone["first"], alone["second"]
    assert first["candidates"][0][4] == second["candidates"][0][4]
    for table in ("yardsticks", "candidates", "settings", "evaluations"):
        assert first[table] != second[table]


@pytest.mark.slow
def test_they_run_one_after_the_other_in_any_order(
    alone: dict[str, dict[str, list[Any]]], tmp_path: Path
) -> None:
    """What went before leaves no trace."""
    assert {name: run(name, tmp_path, Inline()) for name in reversed(MEANINGS)} == alone


@pytest.mark.slow
def test_they_run_at_the_same_time(alone: dict[str, dict[str, list[Any]]], tmp_path: Path) -> None:
    """While one is under way, the other advances, piece of work by piece of work."""
    turns = threading.Condition()
    state = {"turn": "first", "running": set(MEANINGS)}
    results: dict[str, Any] = {}

    def pass_on(name: str) -> None:
        """Gives the other its turn and waits for the own."""
        (other,) = set(MEANINGS) - {name}
        with turns:
            state["turn"] = other if other in state["running"] else name
            turns.notify_all()
            assert turns.wait_for(lambda: state["turn"] == name, timeout=120)

    def carry_out(name: str) -> None:
        with turns:
            assert turns.wait_for(lambda: state["turn"] == name, timeout=120)
        try:
            results[name] = run(name, tmp_path, Interleaved(lambda: pass_on(name)))
        finally:
            (other,) = set(MEANINGS) - {name}
            with turns:
                state["running"].discard(name)
                state["turn"] = other
                turns.notify_all()

    threads = [threading.Thread(target=carry_out, args=[name]) for name in MEANINGS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == alone
