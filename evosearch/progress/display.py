"""Shows on stderr how a search goes: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from evosearch.progress.line import Part, bar, fitted, gates_in_short
from evosearch.progress.notebook import NotebookLine, notebook_display
from evosearch.progress.pace import LimitedPace, duration, per_time
from evosearch.search.store_reader import StoreReader
from evosearch.search.tally import Tally

_SEARCH = "search"
"""The phase in which candidates are bred."""
_SECONDS_BETWEEN_LINES, _GROWTH = 10.0, 15.0
"""Lines elsewhere than on a terminal are ten seconds apart at first, and more by a fifteenth of the
time that has passed: about 50 in an hour, 100 in a day."""
_WITHOUT_LIMIT = 10**6
_REDRAWN_PER_SECOND = 2


def tell(text: str) -> None:
    """Prints a line of progress."""
    print(text, file=sys.stderr, flush=True)


class ProgressDisplay:
    """Observes a `search` and shows its progress.

    It is a context manager, which puts the terminal back in order.
    """

    def __init__(self) -> None:
        self._display = notebook_display()
        self._line: NotebookLine | None = None
        terminal = Console(stderr=True, force_jupyter=False)
        # One that cannot go back in a line gets lines, as if there were none.
        live = not self._display and sys.stderr.isatty() and not terminal.is_dumb_terminal
        self._live = (
            Live(
                self,
                console=terminal,
                refresh_per_second=_REDRAWN_PER_SECOND,
                redirect_stdout=False,
            )
            if live
            else None
        )
        self._name, self._done, self._total = "", 0, 0
        self._tally, self._pace = Tally(), LimitedPace(0)
        self._started = self._phase_started = time.monotonic()
        self._last_line: float | None = None

    def __enter__(self) -> ProgressDisplay:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        """Draws the line; a terminal may have become narrower since the last time."""
        if self._name:
            # A line as long as the terminal is wide would wrap on some.
            line = fitted(self._parts(time.monotonic()), options.max_width - 1)
            yield Text(line, no_wrap=True, overflow="crop")

    def phase(self, name: str, total: int) -> None:
        """Begins a line of progress."""
        if self._live and self._name:
            self._live.console.print(self)  # What is finished stays above.
        self._phase_started = time.monotonic()
        self._name, self._done, self._total = name, 0, total
        self._pace = LimitedPace(total)
        self._last_line = None
        self._line = None  # what is finished stays above, there too
        self._plain(f"{name}: {total} to do")

    def advance(self, done: int, store: StoreReader) -> None:
        """Moves the line on; elsewhere than on a terminal, prints one now and then."""
        now = time.monotonic()
        self._done = done
        if self._name == _SEARCH:
            self._tally.look(store)
            self._pace.most_spent = store.config.replica_steps
        self._pace.note(now, done, self._tally.replica_steps)
        gap = _SECONDS_BETWEEN_LINES + (now - self._started) / _GROWTH
        if self._display:
            gap = 1 / _REDRAWN_PER_SECOND
        if done == self._total or self._last_line is None or now - self._last_line >= gap:
            self._last_line = now
            self._plain(fitted(self._parts(now), _WITHOUT_LIMIT))

    def _plain(self, text: str) -> None:
        if self._live:
            return
        line = f"[{time.monotonic() - self._started:5.0f} s] {text}"
        if not self._display:
            print(line, file=sys.stderr, flush=True)
        elif self._line is None:
            self._line = NotebookLine(self._display, line)
        else:
            self._line.write(line)

    def _parts(self, now: float) -> Sequence[Part]:
        """Gives what there is to tell, what matters most with the lowest rank."""
        rate, left = self._pace.rate, self._pace.left(now)
        parts = [Part(f"{self._name}: {self._done}/{self._total}", 0)]
        if self._live:
            parts.append(Part(bar(self._done / max(self._total, 1)), 6))
            elapsed = timedelta(seconds=int(now - self._phase_started))
            parts.append(Part(str(elapsed), 7))
        if self._name == _SEARCH and self._tally.generated:
            parts += self._searched()
        if self._done < self._total:
            parts.append(Part(per_time(rate) if rate else "", 4))
            parts.append(Part(f"{duration(left)} left" if left is not None else "", 1))
        return parts

    def _searched(self) -> list[Part]:
        tally = self._tally
        best, gates = tally.best, gates_in_short(tally.gates)
        return [
            Part(f"best {best[1]:.2f}" if best else "", 2),
            Part(f"{tally.generated} generated", 8),
            Part(f"{tally.cached} cached", 3),
            Part(f"{tally.rejected} rejected", 5),
            Part(f"of which {gates}" if gates else "", 9),
        ]
