"""Keeps in a run's folder how far it is and when it will be done, for who looks from elsewhere.

It is a file beside the database, whose content depends on nothing but the configuration.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from evosearch.files import write_whole
from evosearch.progress.pace import LimitedPace
from evosearch.search.store_reader import StoreReader

_FILE = "pace.json"
_SECONDS_BETWEEN = 10.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Says how far a run was when its driver last told."""

    phase: str
    done: int
    total: int
    ends: float | None
    """The time, in seconds since 1970, at which the phase will be over; None where not known."""

    def left(self) -> float | None:
        """Gives the seconds until then."""
        return None if self.ends is None else max(self.ends - time.time(), 0.0)


class KeptPace:
    """Observes a `search` and writes its standing, at most every ten seconds and at each phase."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._phase, self._total = "", 0
        self._pace = LimitedPace(0)
        self._written = float("-inf")

    def phase(self, name: str, total: int) -> None:
        """Begins anew."""
        self._phase, self._total = name, total
        self._pace = LimitedPace(total)
        self._write(0)

    def advance(self, done: int, store: StoreReader) -> None:  # noqa: ARG002  # as observers have
        """Notes what is done, and writes it now and then."""
        now = time.monotonic()
        self._pace.note(now, done)
        if now - self._written >= _SECONDS_BETWEEN:
            self._write(done)

    def _write(self, done: int) -> None:
        self._written = time.monotonic()
        left = self._pace.left(self._written)
        ends = None if left is None else time.time() + left
        standing = Standing(self._phase, done, self._total, ends)
        # A search goes on where this cannot be written.
        with suppress(OSError):
            write_whole(self._folder / _FILE, json.dumps(asdict(standing)).encode())


def standing(folder: Path) -> Standing | None:
    """Reads what was last written; None if nothing was, or nothing that can be read."""
    try:
        return Standing(**json.loads((folder / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
