"""Writes the files that a user asks for; `-` is standard output."""

from __future__ import annotations

from pathlib import Path

import click

from evosearch.errors import EvosearchError
from evosearch.files import write_whole

STDOUT = Path("-")


def write_new(path: Path, content: bytes, force: bool) -> None:
    """Writes a file; one that exists is overwritten only by `force`, and lost in no case.

    Raises:
        EvosearchError: it exists, or cannot be written.
    """
    if path == STDOUT:
        click.echo(content, nl=False)
        return
    require_new(path, force)
    try:
        write_whole(path, content)
    except OSError as error:
        raise EvosearchError(
            f"{path}: cannot be written ({error.strerror}); choose another --out"
        ) from None


def require_new(path: Path, force: bool) -> None:
    """Refuses, before there is anything to write, a file that `write_new` could not write.

    Raises:
        EvosearchError: it exists already, and `force` is not given, or there is no such folder.
    """
    if path == STDOUT:
        return
    if path.exists() and not force:
        raise EvosearchError(f"{path}: exists already; choose another --out, or add --force")
    if not path.parent.is_dir():
        raise EvosearchError(
            f"{path}: cannot be written (there is no folder {path.parent}); choose another --out"
        )
