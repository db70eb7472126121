"""Records what a user's files add to the operations and tasks that come with the package.

Nothing is added to a table of the process: whoever needs a user's operations or tasks is handed
the record, so two searches with different files can run in one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from evosearch.language.program import Program
from primitives import BUILT_IN, Table
from proxies import TASKS, Task


@dataclass(frozen=True, slots=True)
class OperationFile:
    """Holds a file of operations: its text, the names of the operations it added, the file."""

    text: str
    names: tuple[str, ...]
    path: Path | None = None
    """Where the file is, from the root; None for a text that is in no file."""

    @property
    def digest(self) -> str:
        """Computes the SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class TaskFile:
    """Tells where a task comes from: the file's text, the variable that holds it, the file."""

    text: str
    variable: str
    path: Path | None = None
    """Where the file is, from the root: what lies beside it is found from there, on workers too;
    None for a text that is in no file."""

    @property
    def digest(self) -> str:
        """Computes the SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Additions:
    """Holds operations and tasks, including those of a user's files, and the files themselves."""

    table: Table = BUILT_IN
    """The operations that programs may call."""
    tasks: Mapping[str, Task] = field(default_factory=lambda: TASKS)
    """The tasks that may be trained, by name."""
    operation_files: tuple[OperationFile, ...] = ()
    """The files of operations in the order in which they were loaded."""
    task_files: Mapping[str, TaskFile] = field(default_factory=lambda: MappingProxyType({}))
    """The files of tasks, by the name of the task that was taken from each."""

    @property
    def operation_names(self) -> tuple[str, ...]:
        """Names the operations that the user's files added."""
        return tuple(name for file in self.operation_files for name in file.names)

    def code_of(self, program: Program) -> str:
        """Names the user's code that a program calls; empty if all its operations are built in.

        A digest of a program knows operations by name, and a user's file may change. Operations of
        one file may stand on those of another, so it is all of them.
        """
        called = {statement.primitive for statement in program.statements}
        if not called & set(self.operation_names):
            return ""
        digests = [file.digest for file in self.operation_files]
        return sha256(" ".join(digests).encode()).hexdigest()[:16]

    def with_operations(self, file: OperationFile, table: Table) -> Additions:
        """Gives the record with one more file, whose operations `table` holds."""
        return replace(self, table=table, operation_files=(*self.operation_files, file))

    def with_task(self, file: TaskFile, task: Task) -> Additions:
        """Gives the record with one more task."""
        return replace(
            self,
            tasks=MappingProxyType({**self.tasks, task.name: task}),
            task_files=MappingProxyType({**self.task_files, task.name: file}),
        )


NOTHING_ADDED = Additions()
"""The operations and tasks that come with the package."""
