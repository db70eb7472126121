"""Gathers what the sections tell of: what the run knows, and its best rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evosearch.errors import EvosearchError
from evosearch.export.notation.provenance import Reference
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.plugins.additions import Additions
from evosearch.recognition.recognition import Recognition, recognise
from evosearch.reports.page.validations import Validations, read_validations
from evosearch.reports.references import candidate_number, resolve
from evosearch.scoring.statistics import Measurement
from evosearch.search.records import StoredCandidate
from evosearch.search.schema import RANKING, REPORT, SELECT, SELECT_REPORT
from evosearch.search.store_reader import StoreReader


@dataclass(frozen=True, slots=True)
class Best:
    """Is the best rule of a run, with its constants at the middle of their best values."""

    number: int
    reference: Reference
    graph: Graph
    recognised: Recognition


@dataclass(frozen=True, slots=True)
class Material:
    """Holds what is known of a run."""

    store: StoreReader
    name: str
    """The run's folder, as people call it."""
    done: bool
    trained: tuple[StoredCandidate, ...]
    """The representatives of trained structures, best first, as their latest rounds say."""
    ranked: Mapping[int, Measurement]
    reported: Mapping[int, Measurement]
    """What the two stages of the finals measured, by candidate, in the order of the ranking."""
    elsewhere: Mapping[int, Measurement]
    """What was measured on the tasks of `select`, on report seeds where it was."""
    best: Best | None
    """None where nothing was trained."""
    validations: Validations


def gather(store: StoreReader, additions: Additions) -> Material:
    """Reads what the page tells of a run; to recognise its best rule takes a second or two."""
    return Material(
        store=store,
        name=store.folder.resolve().name,
        done=store.done,
        trained=tuple(store.trained()),
        ranked=dict(store.finalists(RANKING)),
        reported=dict(store.finalists(REPORT)),
        elsewhere=dict(store.finalists(SELECT)) | dict(store.finalists(SELECT_REPORT)),
        best=_best(store, additions),
        validations=read_validations(store.folder),
    )


def _best(store: StoreReader, additions: Additions) -> Best | None:
    try:
        number = candidate_number(store, "best")
    except EvosearchError:
        return None
    reference = resolve(f"{store.folder}#{number}", additions)
    return Best(number, reference, lower(reference.program), recognise(reference.program))
