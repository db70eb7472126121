"""Sees to it that one process at a time carries a run out."""

from __future__ import annotations

import os
import time
from pathlib import Path

from evosearch.errors import EvosearchError

try:
    import fcntl
except ImportError:  # not on Windows, where nobody is kept out
    fcntl = None  # type: ignore[assignment]


_PAUSES = (0.02, 0.05, 0.1)
"""The seconds between attempts to take a lock."""


class DriverLock:
    """Holds a run's folder until it is released or the process ends, however it ends.

    It leaves no file behind. A file system that has no locks keeps nobody out.

    Raises:
        EvosearchError: another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor: int | None = None
        if fcntl is None:
            return
        self._descriptor = os.open(folder, os.O_RDONLY)
        try:
            if not _taken(self._descriptor):
                self.release()
                raise EvosearchError(
                    f"{folder}: another process carries this run out; wait for it or stop it "
                    f"(`evosearch status {folder}` tells how far it is)"
                )
        except OSError:
            self.release()

    def release(self) -> None:
        """Lets others in; once is enough."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _taken(descriptor: int) -> bool:
    """Takes the lock, unless another has it; who only looks, as `status` does, has it briefly."""
    for pause in (*_PAUSES, None):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if pause is not None:
                time.sleep(pause)
    return False


def is_carried_out(folder: Path) -> bool:
    """Tells whether a process holds a run's folder, as far as its file system tells."""
    try:
        DriverLock(folder).release()
    except EvosearchError:
        return True
    except OSError:
        pass
    return False
