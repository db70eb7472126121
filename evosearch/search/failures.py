"""Counts what went wrong with workers and their work, in a file beside the run's database.

It is no part of the database, for a run whose workers died ends in the rows of one whose workers
lived. There is no file where nothing went wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from evosearch.files import append_record, read_records

FAILURES = "failures.jsonl"
DIED, HUNG, OUT_OF_MEMORY = "died", "hung", "out_of_memory"
"""What may be wrong with a worker, which is replaced; the first process too can lack memory."""
REPEATED, GIVEN_UP = "repeated", "given_up"
"""What then becomes of each piece of work: it is done again, or had too many workers fail."""
EVENTS = (DIED, HUNG, OUT_OF_MEMORY, REPEATED, GIVEN_UP)

Note = Callable[[str, str], None]
"""Is told of an event, and of the work in words."""


def unnoted(_: str, __: str) -> None:
    """Takes no note, where there is no run."""


class FailureLog:
    """Writes the failures of a run, one on a line, as they happen."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FAILURES

    def note(self, event: str, work: str) -> None:
        """Adds an event; `work` says which piece of work it was over."""
        time = datetime.now(UTC).isoformat(timespec="seconds")
        # What cannot be counted must not end a search that goes on; a full disk is told elsewhere.
        with suppress(OSError):
            append_record(self._path, {"time": time, "event": event, "work": work})


def count_failures(folder: Path) -> dict[str, int]:
    """Counts a run's failures so far, by event; a damaged line counts as none."""
    counts = Counter(
        record["event"]
        for record in read_records(folder / FAILURES)
        if isinstance(record, dict) and record.get("event") in EVENTS
    )
    return {event: counts[event] for event in EVENTS}
