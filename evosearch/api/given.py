"""Takes what callers give in whatever form they have it: a name, a file, an object."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from evosearch.errors import EvosearchError
from evosearch.export.notation.provenance import Reference
from evosearch.language.printer import to_text
from evosearch.language.program import Program
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.objects import with_operation_objects, with_task_object
from evosearch.plugins.operations import load_operations
from evosearch.plugins.tasks import load_known_tasks
from evosearch.reports.references import resolve
from primitives import Operation
from proxies import Task


class Referring(Protocol):
    """Is a rule that knows where it comes from, such as `evosearch.Rule`."""

    @property
    def reference(self) -> Reference:
        """Gives the program and its origin."""

    @property
    def called(self) -> str:
        """Gives the text by which commands call it."""


GivenRule = str | Program | Referring
"""A known rule's name, FILE, FILE:NAME, `RUN#ID`, the text of a program, or an object."""
GivenTask = str | Task
"""A task's name, a suite's, FILE.py:NAME, or an object."""
GivenOperation = str | Path | Operation
"""A file of operations, or a row."""


def referred(rule: GivenRule, additions: Additions = NOTHING_ADDED) -> Reference:
    """Finds the program that is meant, and where it comes from.

    Raises:
        EvosearchError: there is no such program.
    """
    if isinstance(rule, str):
        return resolve(rule, additions)
    if isinstance(rule, Program):
        return Reference(rule, rule.name, f"program {rule.name}")
    return rule.reference


def as_text(rule: GivenRule) -> str:
    """Gives the text that `referred` finds the rule by: a name, a reference, or all of it."""
    if isinstance(rule, str):
        return rule
    return to_text(rule) if isinstance(rule, Program) else rule.called


def with_tasks(
    given: Iterable[GivenTask] | GivenTask, additions: Additions = NOTHING_ADDED
) -> tuple[tuple[str, ...], Additions]:
    """Names tasks, suites and objects, and gives the record with what is not in it yet.

    Raises:
        EvosearchError: there is no task of a name, or one is not sound.
    """
    names: list[str] = []
    for one in [given] if isinstance(given, str | Task) else given:
        if isinstance(one, Task):
            additions = with_task_object(one, additions)
            names.append(one.name)
        elif isinstance(one, str):
            listed, additions = load_known_tasks([one], additions)
            names += listed
        else:
            raise EvosearchError(
                f"expected a task's name, FILE.py:NAME or a Task, got {type(one).__name__}"
            )
    return tuple(dict.fromkeys(names)), additions


def with_operations(
    given: Iterable[GivenOperation] | GivenOperation, additions: Additions = NOTHING_ADDED
) -> Additions:
    """Gives the record with the operations of files, and with rows.

    Raises:
        EvosearchError: a file cannot be read, or a row is not sound.
    """
    for one in [given] if isinstance(given, str | Path | Operation) else given:
        if isinstance(one, Operation):
            additions = with_operation_objects([one], additions)
        else:
            additions = load_operations(Path(one), additions)
    return additions
