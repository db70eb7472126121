"""Writes files whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


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
