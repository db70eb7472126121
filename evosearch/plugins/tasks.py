"""A user's own tasks, from Python files: `FILE.py:NAME` wherever a task is named.

The file is executed, as a module would be; the `Task` of that name is checked and added to the
table, for the rest of the process. A task is code, so a run stores only the file's digest and
asks for the file when it is trained again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType, ModuleType

from evosearch.errors import EvosearchError
from evosearch.language.parser import read_text
from evosearch.plugins.execute import execute
from proxies import SUITES, TASKS, register
from proxies.task_checks import first_fault


@dataclass(frozen=True, slots=True)
class TaskFile:
    """Where a task comes from: the file's text, and the variable that holds it."""

    text: str
    variable: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()


_loaded: dict[str, TaskFile] = {}

loaded_tasks: Mapping[str, TaskFile] = MappingProxyType(_loaded)
"""Where the tasks that were added come from, by their names."""


def task_names(given: Iterable[str]) -> tuple[str, ...]:
    """The names of tasks that are given by name, by suite, or as FILE.py:NAME, which is loaded.

    Raises:
        EvosearchError: a file cannot be read, fails, or holds no sound task of that name.
    """
    names: list[str] = []
    for text in given:
        if text in SUITES:
            names += SUITES[text]
        elif is_task_file(text):
            file, _, variable = text.rpartition(":")
            names.append(load_task(Path(file), variable))
        elif text.endswith(".py"):
            raise EvosearchError(f"{text}: expected FILE:NAME; which of the file's tasks?")
        else:
            names.append(text)
    return tuple(names)


def is_task_file(text: str) -> bool:
    """Whether this is FILE.py:NAME."""
    return bool(text.rpartition(":")[0])


def known_task_names(given: Iterable[str]) -> tuple[str, ...]:
    """`task_names`, of which all are known.

    Raises:
        EvosearchError: as there, or there is no task of a name.
    """
    names = task_names(given)
    for name in names:
        if name not in TASKS:
            raise EvosearchError(unknown_task(name))
    return names


def unknown_task(name: str) -> str:
    """What to tell of a name that is none."""
    return (
        f"no task named '{name}'; known are {', '.join(TASKS)}, "
        f"the suites {', '.join(SUITES)}, and FILE.py:NAME"
    )


def load_task(path: Path, variable: str) -> str:
    """Adds the task of that name in a file to the table, unless it was before; the task's name.

    Raises:
        EvosearchError: the file cannot be read, fails, or holds no sound task of that name.
    """
    return load_task_file(TaskFile(read_text(path), variable), str(path))


def load_task_file(file: TaskFile, source: str) -> str:
    """`load_task` of a text; `source` is what messages call it."""
    for name, known in _loaded.items():
        if known == file:
            return name
    module = _execute(file, source)
    if file.variable not in vars(module):
        raise EvosearchError(f"{source}: no '{file.variable}' in it; expected {_tasks_in(module)}")
    task = vars(module)[file.variable]
    if fault := first_fault(task):
        raise EvosearchError(f"{source}: {file.variable}: {fault}")
    try:
        register(task)
    except ValueError as error:
        raise EvosearchError(
            f"{source}: {file.variable}: {error}; give the task another name"
        ) from None
    _loaded[task.name] = file
    return str(task.name)


def require_tasks(names: Iterable[str], files: Mapping[str, str]) -> None:
    """
    Raises:
        EvosearchError: a task of a run is not known, or is of another text; `files` maps the names
            of a user's own tasks to the digests of their files.
    """
    for name in names:
        digest = files.get(name, "")
        known = _loaded.get(name)
        if not digest and name not in TASKS:
            raise EvosearchError(f"the run's task '{name}' is not known to this version")
        if not digest:
            continue
        if known is None or known.digest != digest:
            what = "is not loaded" if known is None else "differs from the file given"
            raise EvosearchError(
                f"the run's task '{name}' is of a file that {what} (its SHA-256 begins "
                f"{digest[:12]}); add --task FILE:NAME"
            )


def _tasks_in(module: ModuleType) -> str:
    from proxies import Task

    names = [name for name, value in vars(module).items() if isinstance(value, Task)]
    return f"one of {', '.join(names)}" if names else "a variable that holds a Task(...)"


def _execute(file: TaskFile, source: str) -> ModuleType:
    """The module that the text makes; it stays importable, as dataclasses need."""
    module = ModuleType(f"evosearch_task_{file.digest[:16]}")
    module.__file__ = source
    sys.modules[module.__name__] = module
    execute(file.text, source, vars(module))
    return module
