"""Loads a user's own tasks from Python files: `FILE.py:NAME` wherever a task is named.

The file is executed, as a module would be, and the `Task` of that name is checked. A task is
code, so a run stores only the file's digest and asks for the file when it is trained again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

from evosearch.errors import EvosearchError
from evosearch.language.parser import read_text
from evosearch.plugins.additions import Additions
from evosearch.plugins.execute import execute
from evosearch.plugins.overdue import told_if_overdue
from evosearch.plugins.sources import GIVEN, TaskFile
from proxies import SUITES, Task
from proxies.task_checks import first_fault

_OVERDUE = 60.0
"""The seconds after which the loading of a task is told of."""


def load_tasks(given: Iterable[str], additions: Additions) -> tuple[tuple[str, ...], Additions]:
    """Names the tasks that are given by name, by suite, or as FILE.py:NAME, which it loads.

    The second result is the record with the tasks of those files.

    Raises:
        EvosearchError: a file cannot be read, fails, or holds no sound task of that name.
    """
    names: list[str] = []
    for text in given:
        if text in SUITES:
            names += SUITES[text]
        elif is_task_file(text):
            path, _, variable = text.rpartition(":")
            file = TaskFile(read_text(Path(path)), variable, Path(os.path.abspath(path)))
            name, additions = load_task_file(file, path, additions)
            names.append(name)
        elif text.endswith(".py"):
            raise EvosearchError(f"{text}: expected FILE:NAME; which of the file's tasks?")
        else:
            names.append(text)
    return tuple(names), additions


def load_known_tasks(
    given: Iterable[str], additions: Additions
) -> tuple[tuple[str, ...], Additions]:
    """Names tasks as `load_tasks` does, and refuses names of no task.

    Raises:
        EvosearchError: `load_tasks` raises it, or there is no task of a name.
    """
    names, additions = load_tasks(given, additions)
    for name in names:
        if name not in additions.tasks:
            raise EvosearchError(unknown_task(name, additions))
    return names, additions


def is_task_file(text: str) -> bool:
    """Tells whether a text has the form FILE.py:NAME."""
    return bool(text.rpartition(":")[0])


def unknown_task(name: str, additions: Additions) -> str:
    """Writes the message about a name that is no task's."""
    return (
        f"no task named '{name}'; known are {', '.join(additions.tasks)}, "
        f"the suites {', '.join(SUITES)}, and FILE.py:NAME"
    )


def load_task_file(file: TaskFile, source: str, additions: Additions) -> tuple[str, Additions]:
    """Names the task in a file, and gives the record with it; a file held already adds nothing.

    `source` is what messages call the file.

    Raises:
        EvosearchError: the file fails, or holds no sound task of that name.
    """
    for name, known in additions.task_sources.items():
        if known == file:
            return name, additions
    with told_if_overdue(
        _OVERDUE,
        f"{source}: {file.variable}: loading and checking it has taken {_OVERDUE:.0f} s; see that "
        "its data and model come to an end (Ctrl-C ends this command)",
    ):
        task = _sound_task(file, source)
    if task.name in additions.tasks or task.name in SUITES:
        raise EvosearchError(
            f"{source}: {file.variable}: a task or suite named '{task.name}' exists; "
            "give the task another name"
        )
    return task.name, additions.with_task(file, task)


def require_tasks(names: Iterable[str], files: Mapping[str, str], additions: Additions) -> None:
    """Refuses a run whose tasks are not at hand.

    `files` maps the names of a user's own tasks to the digests of their files.

    Raises:
        EvosearchError: a task of the run is not known, or its file has another text.
    """
    for name in names:
        digest = files.get(name, "")
        known = additions.task_sources.get(name)
        if not digest and name not in additions.tasks:
            raise EvosearchError(f"the run's task '{name}' is not known to this version")
        if not digest:
            continue
        if known is not None and known.digest == digest:
            continue
        if digest.startswith(GIVEN):
            what = "is not given" if known is None else "differs from the one given"
            raise EvosearchError(
                f"the run's task '{name}' is an object of Python that {what}; go on with it there, "
                "with the same `tasks`"
            )
        what = "is not loaded" if known is None else "differs from the file given"
        raise EvosearchError(
            f"the run's task '{name}' is of a file that {what} (its SHA-256 begins "
            f"{digest[:12]}); add --task FILE:NAME"
        )


def _sound_task(file: TaskFile, source: str) -> Task:
    """Executes a file and checks the task in it."""
    module = _execute(file, source)
    if file.variable not in vars(module):
        raise EvosearchError(f"{source}: no '{file.variable}' in it; expected {_tasks_in(module)}")
    task: Task = vars(module)[file.variable]
    try:
        fault = first_fault(task)
    except SystemExit as stop:
        fault = f"it exits ({stop.code}) where it should return something"
    if fault:
        raise EvosearchError(f"{source}: {file.variable}: {fault}")
    return task


def _tasks_in(module: ModuleType) -> str:
    names = [name for name, value in vars(module).items() if isinstance(value, Task)]
    return f"one of {', '.join(names)}" if names else "a variable that holds a Task(...)"


def _execute(file: TaskFile, source: str) -> ModuleType:
    """Makes a module of the file's text, which stays importable, as dataclasses need."""
    module = ModuleType(f"evosearch_task_{file.digest[:16]}")
    sys.modules[module.__name__] = module
    execute(file.text, source, vars(module), file.path)
    return module
