"""Says that a user's code takes long, where this process runs it and nothing can end it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def told_if_overdue(seconds: float, message: str) -> Iterator[None]:
    """Prints a line to standard error, once, if the block has not come to its end in that time.

    A loop that never ends cannot be told from one that is slow; so it goes on, and the user knows.
    """
    timer = threading.Timer(seconds, _tell, [message])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _tell(message: str) -> None:
    print(f"evosearch: {message}", file=sys.stderr, flush=True)
