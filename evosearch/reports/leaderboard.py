"""Lists a run's best rules, each with the most trustworthy score that the run has of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from evosearch.export.notation.program_text import readable
from evosearch.language.parser import parse
from evosearch.recognition.recognition import Recognition, recognise
from evosearch.reports.front import pareto_front
from evosearch.reports.references import best_graph
from evosearch.scoring.statistics import Measurement
from evosearch.search.records import StoredCandidate
from evosearch.search.schema import RANKING, REPORT, SELECT, SELECT_REPORT
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
    select: float | None
    """The score on the tasks of `select`; None where not measured."""
    select_interval: tuple[float, float] | None
    statements: int
    """The size of the rule's graph, under the name of the JSON key."""
    slots: int
    text: str
    recognised: Recognition | None = None
    """Which known rule it is; None where that was not asked."""


def leaderboard(store: StoreReader, limit: int | None) -> list[Entry]:
    """Lists rules measured on report seeds, then on ranking seeds, then by the search's score.

    The first two are in the order of what they had on `select`, if the run has such tasks. Without
    a limit it lists every structure that was trained.
    """
    measured = _measured(store)
    elsewhere = _measured(store, (SELECT_REPORT, SELECT))
    some = store.trained(-1 if limit is None else limit, measured)
    trained = {one.id: one for one in some}
    chosen = list(dict.fromkeys([*measured, *trained]))[:limit]
    return [
        _entry(store, trained[number], measured.get(number), elsewhere.get(number))
        for number in chosen
    ]


def on_front(store: StoreReader) -> list[Entry]:
    """Lists the rules than which none scores as high, is as short and has as few states.

    Scores are compared as the search has them, of rules that came through all tasks.
    """
    measured, elsewhere = _measured(store), _measured(store, (SELECT_REPORT, SELECT))
    best = pareto_front([one for one in store.trained() if one.cleared])
    return [_entry(store, one, measured.get(one.id), elsewhere.get(one.id)) for one in best]


def _measured(
    store: StoreReader, stages: Sequence[str] = (REPORT, RANKING)
) -> dict[int, Measurement]:
    """Gives the best measurement that there is of each finalist, of stages from the best on."""
    measured: dict[int, Measurement] = {}
    for stage in stages:
        for number, measurement in store.finalists(stage):
            measured.setdefault(number, measurement)
    return measured


def recognised(store: StoreReader, entries: Iterable[Entry]) -> list[Entry]:
    """Finds out of each entry which known rule it is, in up to some seconds."""
    table = store.config.additions.table
    return [
        replace(entry, recognised=recognise(parse(entry.text, table=table))) for entry in entries
    ]


def _entry(
    store: StoreReader,
    candidate: StoredCandidate,
    measured: Measurement | None,
    elsewhere: Measurement | None,
) -> Entry:
    graph = best_graph(store, candidate)
    search_score = candidate.score or 0.0
    return Entry(
        id=candidate.id,
        score=measured.speedup if measured else search_score,
        interval=(measured.low, measured.high) if measured else None,
        search_score=search_score,
        select=elsewhere.speedup if elsewhere else None,
        select_interval=(elsewhere.low, elsewhere.high) if elsewhere else None,
        statements=graph.size,
        slots=len(graph.slots),
        text=readable(graph, f"rule_{candidate.id}"),
    )
