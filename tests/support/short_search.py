"""A search as short as one can be that has everything in it, for tests that carry out many.

As a program, `python -m tests.support.short_search FOLDER`, it carries the search out once. With
`--kills N`, it does so and then N times more in processes of its own, each of which is killed at
another statement that the driver sends to the database and is then gone on with in a further one.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from evosearch.language.library import known_rule
from evosearch.language.printer import to_text
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.sources import TaskFile
from evosearch.plugins.tasks import load_task_file
from evosearch.scoring.yardstick_cache import save
from evosearch.search import checks
from evosearch.search.config import SearchConfig
from evosearch.search.config_values import make_config
from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Executor
from tests.support.made_yardstick import made_yardstick
from tests.support.small_search import VALUES, Silent
from tests.support.user_files import task_text

LOSSES = (0.51, 0.29, 0.084, 0.0119, 0.0117)
"""What tuned AdamW has about on the task at each horizon."""
SHORT = VALUES | {
    **{"tasks": ["mine"], "evaluations": 14, "block": 3, "budget": 1, "finalists": 1},
    **{"population": 6, "tournament": 3},
}
FINAL_BUDGET = 2
"""The trainings that the finals may spend on a task; `checks.BUDGET` is to be patched with it."""


@cache
def additions() -> Additions:
    """The task of a user's, which trains in no time."""
    return load_task_file(TaskFile(task_text(1.0), "MINE"), "mine.py", NOTHING_ADDED)[1]


def config() -> SearchConfig:
    return make_config(SHORT, "test", additions())


def put_yardstick(folder: Path) -> None:
    """Keeps the task's yardstick, which was not measured, in a folder."""
    (task,) = config().training_tasks
    save(folder, task, made_yardstick(task, LOSSES))


def create(folder: Path) -> StoreWriter:
    """Begins the run; its yardstick is put beside it."""
    put_yardstick(folder.parent / "yardsticks")
    return StoreWriter.create(folder, config(), to_text(known_rule("adamw")))


def reopen(folder: Path) -> StoreWriter:
    """Opens the run to go on with it."""
    return StoreWriter.open(folder, additions())


def arguments(folder: Path) -> list[str]:
    """The arguments of the command that carries it out, given in a folder, to the run `run`."""
    put_yardstick(folder / "runs" / "yardsticks")
    (folder / "mine.py").write_text(task_text(1.0), encoding="utf-8")
    settings = [f"--set={key}={value}" for key, value in SHORT.items() if key != "tasks"]
    return ["search", "--task", "mine.py:MINE", *settings, "--out", "run"]


def carry_out(store: StoreWriter, ready: Executor) -> None:
    """Runs it or goes on with it."""
    search(store, ready, Silent(), store.folder.parent / "yardsticks")


@contextmanager
def short_finals() -> Iterator[None]:
    """Within it the finals are short, in all of these searches alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "BUDGET", FINAL_BUDGET)
        yield


def uninterrupted(folder: Path) -> StoreReader:
    """A search in this process, from its beginning to its end."""
    with executor(0) as ready, create(folder) as store:
        carry_out(store, ready)
    return store


def _killed(folder: Path, statement: int) -> None:
    """Carries it out until this process kills itself, before a statement."""
    left = iter(range(statement))

    def die(_: str) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    with executor(0) as ready, create(folder) as store:
        store._db.set_trace_callback(die)
        carry_out(store, ready)


def _resumed(folder: Path) -> None:
    with executor(0) as ready, reopen(folder) as store:
        carry_out(store, ready)


def _forked(call: Callable[..., None], *arguments: object) -> int:
    """Calls a function in a process of its own; gives how that ended, as `os.waitpid` does."""
    process = os.fork()
    if process:
        return os.waitpid(process, 0)[1]
    status = 1
    try:
        call(*arguments)
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    """Carries searches out as the arguments say, and prints at which statements each was killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=0)
    given = parser.parse_args()
    checks.BUDGET = FINAL_BUDGET
    statements: list[str] = []
    with executor(0) as ready, create(given.folder / "whole") as store:
        store._db.set_trace_callback(statements.append)
        carry_out(store, ready)
    for number in range(given.kills):
        place = (2 * number + 1) * len(statements) // (2 * given.kills)
        folder = given.folder / f"cut {number}"
        assert os.WTERMSIG(_forked(_killed, folder, place)) == signal.SIGKILL
        assert _forked(_resumed, folder) == 0
        print(place, statements[place].split()[0], flush=True)


if __name__ == "__main__":
    main()
