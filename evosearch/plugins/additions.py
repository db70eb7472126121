"""Records what a user adds to the operations and tasks that come with the package.

Nothing is added to a table of the process: whoever needs a user's operations or tasks is handed
the record, so two searches with different ones can run in one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType

from evosearch.language.program import Program
from evosearch.plugins.sources import OperationSource, TaskSource
from primitives import BUILT_IN, Table
from proxies import TASKS, Task


@dataclass(frozen=True, eq=False)
class Additions:
    """Holds operations and tasks, including those of a user, and where these come from."""

    table: Table = BUILT_IN
    """The operations that programs may call."""
    tasks: Mapping[str, Task] = field(default_factory=lambda: TASKS)
    """The tasks that may be trained, by name."""
    operation_sources: tuple[OperationSource, ...] = ()
    """Where operations come from, in the order in which they were loaded."""
    task_sources: Mapping[str, TaskSource] = field(default_factory=lambda: MappingProxyType({}))
    """Where tasks come from, by their names."""

    @property
    def operation_names(self) -> tuple[str, ...]:
        """Names the operations that the user added."""
        return tuple(name for source in self.operation_sources for name in source.names)

    def code_of(self, program: Program) -> str:
        """Names the user's code that a program calls; empty if all its operations are built in.

        A digest of a program knows operations by name, and a user's file may change. Operations of
        one file may stand on those of another, so it is all of them.
        """
        called = {statement.primitive for statement in program.statements}
        if not called & set(self.operation_names):
            return ""
        digests = [source.digest for source in self.operation_sources]
        return sha256(" ".join(digests).encode()).hexdigest()[:16]

    def with_operations(self, source: OperationSource, table: Table) -> Additions:
        """Gives the record with one more source, whose operations `table` holds."""
        return replace(self, table=table, operation_sources=(*self.operation_sources, source))

    def with_task(self, source: TaskSource, task: Task) -> Additions:
        """Gives the record with one more task."""
        return replace(
            self,
            tasks=MappingProxyType({**self.tasks, task.name: task}),
            task_sources=MappingProxyType({**self.task_sources, task.name: source}),
        )


NOTHING_ADDED = Additions()
"""The operations and tasks that come with the package."""
