"""Writes how a search goes as scalars that TensorBoard shows, while it runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from evosearch.errors import EvosearchError
from evosearch.search.store_reader import StoreReader
from evosearch.search.tally import Tally

_SEARCH = "search"
"""The phase that is written; the others have nothing to draw."""
_SECONDS_UNTIL_SHOWN = 10


class Writer(Protocol):
    """Keeps scalars; torch's `SummaryWriter` is one."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        """Keeps the value of a curve at a step."""

    def close(self) -> None:
        """Writes what is not written yet."""


class Scalars:
    """Observes a `search` and writes a point of each curve as each block is committed.

    The step is the number of tunings that are done. It is a context manager, which closes the
    writer. Where the disk is full, it says so and stops; the search goes on.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer: Writer | None = writer
        self._searching = False
        self._tally = Tally()
        self._began: tuple[float, int] | None = None
        """When the pace began to be measured, with the first block, and what was bred by then."""

    def __enter__(self) -> Scalars:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is None:
            return
        try:
            self._writer.close()
        except OSError as error:
            self._give_up(error)

    def phase(self, name: str, total: int) -> None:  # noqa: ARG002  # as observers have
        """Begins the curves with the phase of the search."""
        self._searching = name == _SEARCH

    def advance(self, done: int, store: StoreReader) -> None:
        """Adds a point to each curve."""
        if not self._searching or self._writer is None:
            return
        tally = self._tally
        if not tally.look(store):
            return  # The first blocks are in training, and a point would tell nothing new.
        now, bred = time.monotonic(), tally.generated
        self._began = since, bred_since = self._began or (now, bred)
        values = {
            "search/evaluations": done,
            "search/rejected share": tally.rejected / bred,
            "search/cached share": tally.cached / bred,
        }
        if tally.best is not None:
            values["search/best score"] = tally.best[1]
        if now > since and bred > bred_since:
            values["search/candidates per minute"] = 60 * (bred - bred_since) / (now - since)
        for name, value in values.items():
            self._add(name, value, done)

    def _add(self, name: str, value: float, step: int) -> None:
        if self._writer is None:
            return
        try:
            self._writer.add_scalar(name, value, step)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """Says in one line that nothing more is written; a search does not end for that."""
        self._writer = None
        print(f"evosearch: --tensorboard: {error}; nothing more is written there", file=sys.stderr)


def require_tensorboard(folder: Path) -> None:
    """Refuses, before a search begins, what `open_scalars` could not do.

    Raises:
        EvosearchError: the package is not installed, or the folder is something else.
    """
    _writer_class()
    if folder.exists() and not folder.is_dir():
        raise EvosearchError(f"{folder}: not a folder; choose another --tensorboard")


def open_scalars(folder: Path) -> Scalars:
    """Begins to write scalars into a folder that `tensorboard --logdir` is then given.

    Raises:
        EvosearchError: the package is not installed, or the folder cannot be written.
    """
    writer = _writer_class()
    try:
        return Scalars(writer(str(folder), flush_secs=_SECONDS_UNTIL_SHOWN))
    except OSError as error:
        raise EvosearchError(
            f"{folder}: cannot be written ({error.strerror}); choose another --tensorboard"
        ) from None


def _writer_class() -> Callable[..., Writer]:
    try:
        # Not before it is asked for: the package need not be there, and takes long to load.
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise EvosearchError(
            f"--tensorboard needs the package tensorboard ({error}); `pip install tensorboard`"
        ) from None
    return SummaryWriter
