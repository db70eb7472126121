"""Writes files whole or not at all, and files of JSON lines, which a kill leaves readable."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file; what was there stays as it was until all of the new content is on disk.

    A link is followed, and a file that is overwritten keeps its permissions. Processes that write
    the same file at once do not mix. What is no regular file, such as a pipe, is written as it is.

    Raises:
        OSError: it cannot be written.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    target = path.resolve()
    # Beside it, since only within one file system a file takes another's place at once.
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def append_record(path: Path, record: Mapping[str, Any]) -> None:
    """Adds a record to a file of JSON lines, which is made with its folder where it is missing.

    A kill may have cut the last line short; what comes next begins a line of its own.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(record) + "\n"
    with path.open("a+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else f"\n{line}"
        file.write(line.encode())


def read_records(path: Path) -> Iterator[Any]:
    """Yields what the lines of a file of JSON lines hold, nothing where there is no file.

    A line that is no JSON is passed over: a kill cut it short, or a byte in it is spoilt.
    """
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def json_numbers(value: Any) -> Any:
    """Puts None in the place of numbers that JSON cannot hold, wherever in a record they stand.

    >>> json_numbers({"loss": float("inf"), "ends": (1.0, float("nan"))})
    {'loss': None, 'ends': [1.0, None]}
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: json_numbers(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [json_numbers(one) for one in value]
    return value
