"""Turns what a search makes into rows of a run's tables, and rows into records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from evosearch.language.printer import to_text
from evosearch.scoring.evaluation import Result
from evosearch.scoring.statistics import Measurement
from evosearch.scoring.trainings import Evaluation
from evosearch.scoring.tuner import Tuned
from evosearch.search.candidate import Candidate


@dataclass(frozen=True, slots=True)
class StoredCandidate:
    """Is a row of the table of candidates."""

    id: int
    block: int
    parent: int | None
    mutations: tuple[str, ...]
    text: str
    digest: str
    structure: str
    outcome: str
    gate: str | None
    representative: int
    round: int | None
    micro: float | None
    passed: int | None
    size: int
    slots: int
    update_size: float | None
    fitness: float | None
    cleared: int | None

    @property
    def score(self) -> float | None:
        """Gives the speed-up over tuned AdamW on the search's own seeds."""
        return None if self.fitness is None else float(2.0**self.fitness)


def candidate_row(
    candidate: Candidate, fitness: float, result: Result | None, passed: int | None
) -> tuple[Any, ...]:
    """Makes the row of a candidate, in the order of the table's columns.

    `passed` tells how a stage of the funnel let it through.
    """
    facts = candidate.facts
    return (
        candidate.id,
        candidate.block,
        candidate.parent,
        json.dumps(candidate.mutations),
        to_text(candidate.program),
        facts.digest,
        candidate.structure,
        candidate.outcome,
        facts.gate,
        candidate.representative,
        candidate.entrant.round if candidate.entrant else None,
        None if result is None or result.micro is None else finite(result.micro),
        passed,
        facts.size,
        facts.slots,
        finite(facts.update_size),
        finite(fitness),
        None if result is None else int(result.cleared),
    )


def stored_candidate(row: tuple[Any, ...]) -> StoredCandidate:
    """Reads a row of the table of candidates."""
    number, block, parent, mutations, *others = row
    return StoredCandidate(number, block, parent, _names(mutations), *others)


@lru_cache(maxsize=1024)
def _names(listed: str) -> tuple[str, ...]:
    """Reads a JSON list of mutations; many candidates share one, and reading it takes longest."""
    return tuple(json.loads(listed))


def evaluation_row(candidate: int, stage: str, evaluation: Evaluation) -> tuple[Any, ...]:
    """Makes the row of a training, in the order of the table's columns."""
    e = evaluation
    constants = json.dumps(e.constants)
    return candidate, stage, e.task, e.steps, e.seed, e.rate, constants, finite(e.loss)


def setting_row(candidate: int, stage: str, task: str, tuned: Tuned) -> tuple[Any, ...]:
    """Makes the row of what tuning chose, in the order of the table's columns."""
    best, ended = tuned.best, "measured"
    if tuned.given_up:
        ended = "halted" if tuned.halted else "hopeless"
    return candidate, stage, task, best.rate, json.dumps(best.constants), tuned.spent, ended


def finalist_row(candidate: int, stage: str, place: int, measured: Measurement) -> tuple[Any, ...]:
    """Makes the row of a finalist, in the order of the table's columns."""
    m = measured
    return candidate, stage, place, m.speedup, m.low, m.high, json.dumps(m.per_task)


def finite(value: float) -> float | None:
    """Writes a number; infinite ones and NaN become null."""
    return value if abs(value) < float("inf") else None


def loss_from(column: float | None) -> float:
    """Reads a loss; null is that of a training that diverged."""
    return float("inf") if column is None else column
