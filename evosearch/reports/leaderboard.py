"""Lists a run's best rules, each with the most trustworthy score that the run has of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from evosearch.export.notation.program_text import readable
from evosearch.graph.lowering import lower
from evosearch.language.parser import parse
from evosearch.recognition.recognition import Recognition, recognise
from evosearch.reports.references import best_program
from evosearch.search.records import StoredCandidate
from evosearch.search.schema import RANKING, REPORT
from evosearch.search.store_reader import StoreReader


@dataclass(frozen=True, slots=True)
class Entry:
    """Is a rule of the leaderboard; scores are speed-ups over tuned AdamW on the search tasks."""

    id: int
    score: float
    """The score on fresh seeds where measured, else on the search's own, where it is too high."""
    interval: tuple[float, float] | None
    """The 95% interval on fresh seeds; None where not measured."""
    search_score: float
    statements: int
    """The size of the rule's graph, under the name of the JSON key."""
    slots: int
    text: str
    recognised: Recognition | None = None
    """Which known rule it is; None where that was not asked."""


def leaderboard(store: StoreReader, limit: int | None) -> list[Entry]:
    """Lists rules measured on report seeds, then on ranking seeds, then by the search's score.

    Without a limit it lists every structure that was trained.
    """
    entries: dict[int, Entry] = {}
    for stage in (REPORT, RANKING):
        for number, m in store.finalists(stage):
            if number not in entries:
                candidate = store.candidate(number)
                entries[number] = _entry(store, candidate, m.speedup, (m.low, m.high))
    for candidate in store.trained(-1 if limit is None else limit + len(entries)):
        if candidate.id not in entries:
            entries[candidate.id] = _entry(store, candidate, candidate.score or 0.0, None)
    return list(entries.values())[:limit]


def recognised(store: StoreReader, entries: Iterable[Entry]) -> list[Entry]:
    """Finds out of each entry which known rule it is, in up to some seconds."""
    table = store.config.additions.table
    return [
        replace(entry, recognised=recognise(parse(entry.text, table=table))) for entry in entries
    ]


def _entry(
    store: StoreReader,
    candidate: StoredCandidate,
    score: float,
    interval: tuple[float, float] | None,
) -> Entry:
    graph = lower(best_program(store, candidate))
    return Entry(
        id=candidate.id,
        score=score,
        interval=interval,
        search_score=candidate.score or 0.0,
        statements=graph.size,
        slots=len(graph.slots),
        text=readable(graph, f"rule_{candidate.id}"),
    )
