"""Turns what a search makes into rows of a run's tables, and rows into records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from evosearch.language.printer import to_text
from evosearch.scoring.evaluation import Result
from evosearch.scoring.statistics import Measurement
from evosearch.scoring.sweep import Evaluation
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
    outcome: str
    gate: str | None
    representative: int
    size: int
    slots: int
    update_size: float | None
    fitness: float | None
    cleared: int | None

    @property
    def score(self) -> float | None:
        """Gives the speed-up over tuned AdamW on the search's own seeds."""
        return None if self.fitness is None else float(2.0**self.fitness)


def candidate_row(candidate: Candidate, fitness: float, result: Result | None) -> tuple[Any, ...]:
    """Makes the row of a candidate, in the order of the table's columns."""
    facts = candidate.facts
    return (
        candidate.id,
        candidate.block,
        candidate.parent,
        json.dumps(candidate.mutations),
        to_text(candidate.program),
        facts.digest,
        candidate.outcome,
        facts.gate,
        candidate.representative,
        facts.size,
        facts.slots,
        finite(facts.update_size),
        finite(fitness),
        None if result is None else int(result.cleared),
    )


def stored_candidate(row: tuple[Any, ...]) -> StoredCandidate:
    """Reads a row of the table of candidates."""
    number, block, parent, mutations, *others = row
    return StoredCandidate(number, block, parent, tuple(json.loads(mutations)), *others)


def evaluation_row(candidate: int, stage: str, evaluation: Evaluation) -> tuple[Any, ...]:
    """Makes the row of a training, in the order of the table's columns."""
    e = evaluation
    return candidate, stage, e.task, e.steps, e.seed, e.rate, finite(e.loss)


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
