"""Writes the files that a user asks for."""

from __future__ import annotations

from pathlib import Path

from evosearch.errors import EvosearchError
from evosearch.files import write_whole


def write_new(path: Path, content: bytes, force: bool) -> None:
    """Writes a file; one that exists is overwritten only by `force`, and lost in no case.

    Raises:
        EvosearchError: it exists, or cannot be written.
    """
    require_new(path, force)
    try:
        write_whole(path, content)
    except OSError as error:
        raise EvosearchError(
            f"{path}: cannot be written ({error.strerror}); choose another --out"
        ) from None


def require_new(path: Path, force: bool) -> None:
    """Refuses a file that exists already, unless by `force`.

    Raises:
        EvosearchError: it exists.
    """
    if path.exists() and not force:
        raise EvosearchError(f"{path}: exists already; choose another --out, or add --force")
