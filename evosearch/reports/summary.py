"""Tells of a run's result: the table of best rules, the counts, the verdict."""

from __future__ import annotations

import sys
from textwrap import wrap

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from evosearch.recognition.wording import sentence
from evosearch.reports.funnel import lines as funnel_lines
from evosearch.reports.leaderboard import Entry, leaderboard, recognised
from evosearch.reports.picked import picked
from evosearch.search.store_reader import StoreReader
from proxies import SUITES

_WIDEST = 1000
_WIDTH_ELSEWHERE = 120
"""The columns of a table that does not go to a terminal."""
_WIDTH_OF_A_COLUMN = 20
"""That of a measurement with its interval."""
_SMALL_LEAD = 1.1
"""The speed-up up to which two tunings of one rule may differ; measured, a few percent."""
_LEAST_WIDTH_FOR_TEXT = 110
"""With fewer columns, program text would wrap in its cell."""
_COMMENT_WIDTH = 58
"""The most columns of the comment that says which known rule a program is."""


def console(*tables: Table) -> Console:
    """Makes a console as wide as the terminal; elsewhere as the tables, or of a usual width."""
    if sys.stdout.isatty():
        return Console(force_jupyter=False)
    page = Console(width=_WIDEST, force_jupyter=False)
    needed = [Measurement.get(page, page.options, table).maximum for table in tables]
    return Console(width=max([_WIDTH_ELSEWHERE, *needed]), force_jupyter=False)


def render(store: StoreReader) -> str:
    """Writes the table of best rules, the counts and the verdict."""
    entries = recognised(store, leaderboard(store, 5))
    page = console()
    if not sys.stdout.isatty() and any(entry.select is not None for entry in entries):
        page = Console(width=page.width + _WIDTH_OF_A_COLUMN, force_jupyter=False)
    with page.capture() as capture:
        page.print(table(entries, page.width))
    counts = store.counts()
    gates = ", ".join(f"{number} {gate}" for gate, number in counts["rejected"].items())
    lines = [
        capture.get().rstrip(),
        "",
        f"generated {counts['generated']}, rejected {sum(counts['rejected'].values())}"
        + (f" ({gates})" if gates else "")
        + f", found in the cache {counts['cached']}, trained {counts['trained']}"
        f" (of which {counts['stopped_at_hurdle']} stopped at the hurdle)"
        + (f", tuned further {counts['retuned']} times" if counts["retuned"] else "")
        + f"; {counts['replica_steps']:.3g} replica-steps",
        *funnel_lines(store),
        *_default_lines(store),
        *picked_lines(store),
        "",
        *_verdict_and_advice(store),
    ]
    return "\n".join(lines)


def _verdict_and_advice(store: StoreReader) -> list[str]:
    """Says what was found, and what to do with it; nobody is asked to use what is no better."""
    verdict, better = _verdict(store)
    run = store.folder
    if better:
        steps = [
            f"evosearch show {run}#best",
            f"evosearch export {run}#best --out my_optimizer.py",
            f"evosearch validate {run}#best{_unseen(store)}    (on tasks the search never saw)",
        ]
    else:
        seed = store.config.seed + 1
        steps = [
            f"evosearch top {run}              (what there is, and how near it came)",
            f"evosearch search --seed {seed} ...       (another search, or a longer one)",
        ]
    steps.append(f"evosearch report {run}           (all of it on a page)")
    return [verdict, *(f"{'      ' if i else 'Next: '}{step}" for i, step in enumerate(steps))]


def _unseen(store: StoreReader) -> str:
    """Gives the option by which validation is on tasks that chose nothing."""
    return " --suite final" if set(store.config.select) & set(SUITES["select"]) else ""


def picked_lines(store: StoreReader) -> list[str]:
    """Tells what the best score of the search is worth, given that it was the best."""
    best = picked(store)
    return [best.told()] if best else []


def _default_lines(store: StoreReader) -> list[str]:
    """Tells beside it what AdamW's default constants would score."""
    yardsticks = store.yardsticks()
    if not yardsticks:
        return []
    scores = [yardstick.default_speedup for yardstick in yardsticks]
    mean = float(np.exp(np.mean(np.log(scores))))
    each = ", ".join(f"{y.task} {s:.2f}" for y, s in zip(yardsticks, scores, strict=True))
    return [
        f"AdamW with its default constants, the rate tuned, scores {mean:.2f} ({each}); 1 is AdamW "
        "tuned in rate, betas and epsilon."
    ]


def _verdict(store: StoreReader) -> tuple[str, bool]:
    """Says what was found, and whether it is better than tuned AdamW."""
    entries = leaderboard(store, 1)
    if not entries:
        return "Nothing was trained.", False
    best = entries[0]
    if best.interval is None:
        return (
            "Nothing better than tuned AdamW was found on these tasks: no rule came through all of "
            "them."
        ), False
    if best.select is not None and best.select_interval is not None:
        return _verdict_of_select(best)
    low, high = best.interval
    if low <= 1:
        which = "the rule that it started from" if best.id == 0 else f"candidate {best.id}"
        return (
            "Nothing better than tuned AdamW was found on these tasks. What came nearest is "
            f"{which}, with {best.score:.2f} [{low:.2f}, {high:.2f}] on fresh seeds.",
            False,
        )
    return (
        f"Best: candidate {best.id}. It scored {best.search_score:.2f} in the search and "
        f"{best.score:.2f} [{best.interval[0]:.2f}, {best.interval[1]:.2f}] on fresh seeds: on "
        f"the search tasks tuned AdamW needs {best.score:.2f} times its steps. "
        + (
            "The interval is over seeds alone: so small a lead may be the luck of tuning. "
            if best.score < _SMALL_LEAD
            else ""
        )
        + "Other tasks were not tried.",
        True,
    )


def _verdict_of_select(best: Entry) -> tuple[str, bool]:
    """Judges by the tasks of `select`, which had no say but in the order of the best."""
    assert best.select_interval is not None, "it was measured there"
    told = (
        f"{_measured(best.select, best.select_interval)} on the tasks of select, which only chose "
        f"it among the best, and {_measured(best.score, best.interval)} on fresh seeds of the "
        "search's own"
    )
    which = "the rule that it started from" if best.id == 0 else f"candidate {best.id}"
    if best.select_interval[0] <= 1:
        nearest = f"What came nearest is {which}, with {told}."
        return f"Nothing better than tuned AdamW was found. {nearest}", False
    small = (
        " The intervals are over seeds alone: so small a lead may be the luck of tuning."
        if (best.select or 0.0) < _SMALL_LEAD
        else ""
    )
    return f"Best: {which}, with {told}.{small} The final tasks were not tried.", True


def table(entries: list[Entry], width: int) -> RenderableType:
    """Makes a table of the rules; on a narrow terminal their texts stand below it."""
    wide = width >= _LEAST_WIDTH_FOR_TEXT
    result = Table(show_lines=wide)
    # Where room is short, only the text may wrap.
    on_select = any(entry.select is not None for entry in entries)
    columns = ["id", "score", "fresh seeds", *(["select"] if on_select else [])]
    for name in (*columns, "statements", "slots"):
        result.add_column(name, justify="right", no_wrap=True)
    if wide:
        result.add_column("text", overflow="fold")
    for entry in entries:
        result.add_row(
            str(entry.id),
            f"{entry.search_score:.2f}",
            _measured(entry.score, entry.interval),
            *([_measured(entry.select, entry.select_interval)] if on_select else []),
            str(entry.statements),
            str(entry.slots),
            *([_told(entry)] if wide else []),
        )
    if wide:
        return result
    return Group(result, *(Text(f"\n{_told(entry)}") for entry in entries))


def _measured(score: float | None, interval: tuple[float, float] | None) -> str:
    if score is None or interval is None:
        return "not measured"
    return f"{score:.2f} [{interval[0]:.2f}, {interval[1]:.2f}]"


def _told(entry: Entry) -> str:
    """Gives the program text, under a comment that says which known rule it is."""
    lines = [entry.text.rstrip()]
    if entry.recognised is not None:
        # An equation is not broken.
        told = sentence("This", entry.recognised).replace(
            " = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"
        )
        comment = wrap(told, _COMMENT_WIDTH, initial_indent="# ", subsequent_indent="# ")
        lines = [line.replace("\N{NO-BREAK SPACE}", " ") for line in comment] + lines
    return "\n".join(lines)
