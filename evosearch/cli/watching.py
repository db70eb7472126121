"""Shows again and again how a run stands, until it is done or the user has seen enough.

Each look is a few short statements of its own, so whoever writes the run is never waited for, nor
kept waiting.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import click
from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from evosearch.reports.summary import console

_SHARE = 0.1
"""The part of the time that looks may take, in a run so large that they take long."""

watch_option = click.option(
    "--watch",
    "watch_it",
    is_flag=True,
    help="Look again and again until the run is done, or Ctrl-C.",
)
every_option = click.option(
    "--every",
    type=click.FloatRange(0.1),
    metavar="SECONDS",
    help="With --watch: how often.  [default: 5]",
)
_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class View:
    """Is what one look saw."""

    picture: RenderableType
    """A text is printed as it is."""
    tells: object
    """What the picture tells of; where it equals what was seen before, there is nothing new."""
    done: bool
    """Whether there will be nothing new any more."""


def check_watching(watches: bool, every: float | None) -> None:
    """Refuses an interval for looks that nobody asked for.

    Raises:
        click.UsageError: `--every` was given without `--watch`.
    """
    if every is not None and not watches:
        raise click.UsageError("--every says how often --watch looks; give both")


def watch(look: Callable[[], View], every: float | None = None) -> None:
    """Shows what `look` sees: on a terminal in place, elsewhere a block whenever there is news.

    The last picture stays. Ctrl-C ends the command with status 130, as it does elsewhere, but
    without a word, since it is the usual way to end it.
    """
    try:
        # A terminal that cannot go back in a line is given blocks.
        if sys.stdout.isatty() and not console().is_dumb_terminal:
            _watch_live(look, every or _EVERY)
        else:
            _watch_in_blocks(look, every or _EVERY)
    except KeyboardInterrupt:
        sys.exit(130)


def _watch_live(look: Callable[[], View], every: float) -> None:
    started = time.monotonic()
    view = look()
    with Live(_plain(view.picture), console=console(), auto_refresh=False) as live:
        live.refresh()
        while not view.done:
            _pause(started, every)
            started = time.monotonic()
            view = look()
            live.update(_plain(view.picture), refresh=True)


def _plain(picture: RenderableType) -> RenderableType:
    """Keeps brackets in a text from being taken for rich's markup."""
    return Text(picture) if isinstance(picture, str) else picture


def _watch_in_blocks(look: Callable[[], View], every: float) -> None:
    told: object = None
    while True:
        started = time.monotonic()
        view = look()
        if view.tells != told:
            _print_block(view.picture, first=told is None)
            told = view.tells
        if view.done:
            return
        _pause(started, every)


def _print_block(picture: RenderableType, first: bool) -> None:
    """Prints a picture, below an empty line where it is not the first and has several lines."""
    page = console()
    with page.capture() as capture:
        page.print(picture)
    text = picture if isinstance(picture, str) else capture.get().rstrip("\n")
    if "\n" in text and not first:
        click.echo()
    click.echo(text)
    sys.stdout.flush()


def _pause(started: float, every: float) -> None:
    took = time.monotonic() - started
    time.sleep(max(every - took, took * (1 / _SHARE - 1), 0.0))
