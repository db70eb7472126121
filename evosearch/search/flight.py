"""Writes candidates that are bred and not committed yet as records, and reads them again.

A run that is resumed has them tuned without breeding them again.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from evosearch.language.parser import parse
from evosearch.language.printer import to_text
from evosearch.scoring.evaluation import Entrant
from evosearch.scoring.setting import Setting
from evosearch.screening.screen import Facts
from evosearch.search.candidate import Candidate
from evosearch.search.config import SearchConfig
from evosearch.search.genotype import family_of
from evosearch.search.records import finite, loss_from


def flight_record(candidate: Candidate) -> str:
    """Writes a candidate as JSON."""
    facts, entrant = candidate.facts, candidate.entrant
    return json.dumps(
        {
            "parent": candidate.parent,
            "mutations": candidate.mutations,
            "text": to_text(candidate.program),
            "facts": [facts.digest, facts.size, facts.slots, facts.update_size, facts.gate],
            "structure": candidate.structure,
            "outcome": candidate.outcome,
            "representative": candidate.representative,
            "entrant": entrant and _entrant_record(entrant),
        }
    )


def candidate_from(number: int, block: int, text: str, config: SearchConfig) -> Candidate:
    """Makes the candidate of a number and a block from its record."""
    record = json.loads(text)
    program = parse(record["text"], table=config.additions.table)
    representative, entrant = record["representative"], None
    if record["entrant"] is not None:
        round_, starts, limits, pass_mark, by_lot = record["entrant"]
        entrant = Entrant(
            family_of(program, config.tunes_constants),
            (config.seed, representative),
            round_,
            {t: tuple(Setting(rate, tuple(c)) for rate, c in own) for t, own in starts.items()},
            {task: tuple(map(loss_from, own)) for task, own in limits.items()},
            -np.inf if pass_mark is None else pass_mark,
            by_lot,
        )
    return Candidate(
        id=number,
        block=block,
        parent=record["parent"],
        mutations=tuple(record["mutations"]),
        program=program,
        facts=Facts(*record["facts"]),
        structure=record["structure"],
        outcome=record["outcome"],
        representative=representative,
        entrant=entrant,
    )


def _entrant_record(entrant: Entrant) -> list[Any]:
    starts = {
        task: [[s.rate, list(s.constants)] for s in own] for task, own in entrant.starts.items()
    }
    limits = {task: [finite(limit) for limit in own] for task, own in entrant.limits.items()}
    return [entrant.round, starts, limits, finite(entrant.pass_mark), entrant.by_lot]
