"""Takes in tasks and operations that are objects of Python, as in a notebook.

A worker takes in what was given to the driver, of files or not: Ray sends it the sources.
"""

from __future__ import annotations

from collections.abc import Iterable

from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.operations import add_rows, load_operations_text
from evosearch.plugins.sources import (
    OperationFile,
    OperationObjects,
    OperationSource,
    TaskFile,
    TaskObject,
    TaskSource,
)
from evosearch.plugins.tasks import load_task_file
from primitives import Operation
from proxies import SUITES, Task
from proxies.task_checks import first_fault


def with_task_object(task: Task, additions: Additions) -> Additions:
    """Gives the record with a task; one that it holds already adds nothing.

    Raises:
        EvosearchError: it is not sound, or another has its name.
    """
    known = additions.tasks.get(task.name)
    if known is task:
        return additions
    fault = first_fault(task)
    if fault:
        raise EvosearchError(f"task {task.name!r}: {fault}")
    if known is not None or task.name in SUITES:
        raise EvosearchError(
            f"task {task.name!r}: a task or suite of that name exists; give the task another name"
        )
    return additions.with_task(TaskObject(task), task)


def with_operation_objects(rows: Iterable[Operation], additions: Additions) -> Additions:
    """Gives the record with rows of operations; those that it holds already add nothing.

    Raises:
        EvosearchError: one is not sound, or has a name that exists.
    """
    held = additions.table.operations
    new = tuple(row for row in rows if held.get(getattr(row, "name", "")) is not row)
    if not new:
        return additions
    table = add_rows(new, "operations", additions.table)
    return additions.with_operations(OperationObjects(new), table)


def rejoined(operations: Iterable[OperationSource], tasks: Iterable[TaskSource]) -> Additions:
    """Makes the record anew in another process, from where all that was added comes from.

    Raises:
        EvosearchError: a file fails here.
    """
    additions = NOTHING_ADDED
    for given in operations:
        if isinstance(given, OperationFile):
            told = str(given.path or f"operations {given.digest[:12]}")
            additions = load_operations_text(given.text, told, additions, given.path)
        else:
            additions = with_operation_objects(given.rows, additions)
    for one in tasks:
        if isinstance(one, TaskFile):
            told = str(one.path or f"task file {one.digest[:12]}")
            _, additions = load_task_file(one, told, additions)
        else:
            additions = additions.with_task(one, one.task)
    return additions
