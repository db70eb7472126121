"""Says where a user's operations and tasks come from: a file's text, or objects of Python.

A run stores the digest of each, and asks for the same again when it is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from hashlib import sha256
from pathlib import Path
from types import CodeType
from typing import Any

from primitives import Operation
from proxies import Task

GIVEN = "object "
"""What the digest of a thing that was given as an object begins with."""


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


@dataclass(frozen=True, slots=True)
class TaskObject:
    """Is a task that was given as an object: its code is in no file that could be asked for."""

    task: Task

    @property
    def digest(self) -> str:
        """Names what a measurement on the task depends on."""
        return GIVEN + self.task.digest()


@dataclass(frozen=True, slots=True)
class OperationObjects:
    """Is rows of operations that were given as objects."""

    rows: tuple[Operation, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names the operations."""
        return tuple(row.name for row in self.rows)

    @property
    def digest(self) -> str:
        """Names what the rows say, and the code of their functions."""
        return GIVEN + sha256(repr([_told(row) for row in self.rows]).encode()).hexdigest()


OperationSource = OperationFile | OperationObjects
TaskSource = TaskFile | TaskObject


def _told(value: Any) -> Any:
    """Gives what a field of a row says, in a form whose `repr` is the same in each process."""
    if is_dataclass(value) and not isinstance(value, type):
        return [(field.name, _told(getattr(value, field.name))) for field in fields(value)]
    if isinstance(value, Mapping):
        return [(_told(key), _told(one)) for key, one in value.items()]
    if isinstance(value, frozenset | set):
        return sorted(map(repr, value))
    if isinstance(value, tuple | list):
        return [_told(one) for one in value]
    if isinstance(value, CodeType):
        return value.co_code, [_told(one) for one in value.co_consts], value.co_names
    if callable(value):
        code = getattr(value, "__code__", None)
        return _told(code) if code is not None else getattr(value, "__name__", type(value).__name__)
    return value
