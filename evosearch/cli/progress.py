"""Shows on stderr how a search goes: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from evosearch.search.store_reader import StoreReader

_SECONDS_BETWEEN_LINES = 10.0


def tell(text: str) -> None:
    """Prints a line of progress."""
    print(text, file=sys.stderr, flush=True)


class ProgressDisplay:
    """Observes a `search` and shows its progress.

    It is a context manager, which puts the terminal back in order.
    """

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._bar = Progress(
            TextColumn("{task.description:<18}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
            disable=not self._live,
        )
        self._task: TaskID | None = None
        self._name, self._total = "", 0
        self._started = time.monotonic()
        self._last_line = 0.0

    def __enter__(self) -> ProgressDisplay:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def phase(self, name: str, total: int) -> None:
        """Begins a line of progress."""
        self._name, self._total = name, total
        self._task = self._bar.add_task(name, total=total, note="")
        self._last_line = 0.0
        self._plain(f"{name}: {total} to do")

    def advance(self, done: int, store: StoreReader) -> None:
        """Moves the line on; elsewhere than on a terminal, prints one every few seconds."""
        note = _note(store) if self._name == "search" else ""
        if self._task is not None:
            self._bar.update(self._task, completed=done, note=note)
        now = time.monotonic()
        if done == self._total or now - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = now
            self._plain(f"{self._name}: {done}/{self._total}" + (f", {note}" if note else ""))

    def _plain(self, text: str) -> None:
        if not self._live:
            elapsed = time.monotonic() - self._started
            print(f"[{elapsed:5.0f} s] {text}", file=sys.stderr, flush=True)


def _note(store: StoreReader) -> str:
    counts = store.counts()
    best = store.trained(1)
    score = f"best {best[0].score:.2f}" if best else ""
    return (
        f"{counts['generated']} generated, {sum(counts['rejected'].values())} rejected, "
        f"{counts['cached']} cached, {score}"
    )
