"""A run's best rules, best first, each with the most trustworthy score that the run has of it."""

from __future__ import annotations

from dataclasses import dataclass

from evosearch.export.notation.program_text import readable
from evosearch.graph.lowering import lower
from evosearch.language.parser import parse
from evosearch.search.store import RANKING, REPORT, Row, Store
from primitives import Table


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule. Scores are speed-ups over tuned AdamW on the search tasks."""

    id: int
    score: float
    """On fresh seeds where measured, else on the search's own, where it is too high."""
    interval: tuple[float, float] | None
    """95%, on fresh seeds; None where not measured."""
    search_score: float
    statements: int
    slots: int
    text: str


def leaderboard(store: Store, limit: int) -> list[Entry]:
    """Rules measured on report seeds, then those on ranking seeds, then by the search's score."""
    entries: dict[int, Entry] = {}
    table = store.config.additions.table
    for stage in (REPORT, RANKING):
        for number, m in store.finalists(stage):
            if number not in entries:
                row = store.candidate(number)
                entries[number] = _entry(row, m.speedup, (m.low, m.high), table)
    for row in store.trained(limit + len(entries)):
        if row.id not in entries:
            entries[row.id] = _entry(row, row.score or 0.0, None, table)
    return list(entries.values())[:limit]


def _entry(row: Row, score: float, interval: tuple[float, float] | None, table: Table) -> Entry:
    graph = lower(parse(row.text, table=table))
    return Entry(
        id=row.id,
        score=score,
        interval=interval,
        search_score=row.score or 0.0,
        statements=graph.size,
        slots=len(graph.slots),
        text=readable(graph, f"rule_{row.id}"),
    )
