"""Pickles messages between processes that have the same operations and tasks: by their names.

An operation or a task is code, which has no place in a message; and a task must stay one object,
for which a process compiles its model once.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

from evosearch.plugins.additions import Additions
from primitives import Operation
from proxies import Task


def pack(message: object, additions: Additions) -> bytes:
    """Turns a message into bytes in which the operations and tasks of `additions` stand by name."""
    buffer = io.BytesIO()
    _Pickler(buffer, additions).dump(message)
    return buffer.getvalue()


def unpack(data: bytes, additions: Additions) -> Any:
    """Gives the message back; `additions` must be made of the same files as those of `pack`."""
    return _Unpickler(io.BytesIO(data), additions).load()


class _Pickler(pickle.Pickler):
    def __init__(self, buffer: io.BytesIO, additions: Additions) -> None:
        super().__init__(buffer)
        self._additions = additions

    def persistent_id(self, obj: Any) -> tuple[str, str] | None:
        if isinstance(obj, Operation) and self._additions.table.operations.get(obj.name) is obj:
            return "operation", obj.name
        if isinstance(obj, Task) and self._additions.tasks.get(obj.name) is obj:
            return "task", obj.name
        return None


class _Unpickler(pickle.Unpickler):
    def __init__(self, buffer: io.BytesIO, additions: Additions) -> None:
        super().__init__(buffer)
        self._known = {"operation": additions.table.operations, "task": additions.tasks}

    def persistent_load(self, pid: tuple[str, str]) -> Any:
        kind, name = pid
        return self._known[kind][name]
