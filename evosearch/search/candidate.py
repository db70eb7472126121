"""Records of one bred program: what became of it, and what its children need of it."""

from __future__ import annotations

from dataclasses import dataclass

from evosearch.language.program import Program
from evosearch.scoring.evaluation import Entrant
from evosearch.screening.screen import Facts

TRAINED, RETUNED = "trained", "retuned"
DUPLICATE, REJECTED = "duplicate", "rejected"


@dataclass(frozen=True)
class Candidate:
    """Holds a program that was bred, and what became of it."""

    id: int
    block: int
    parent: int | None
    mutations: tuple[str, ...]
    program: Program
    facts: Facts
    structure: str
    """The digest of its structure."""
    outcome: str
    """`TRAINED`, `RETUNED` (a good rule that is tuned in a further round), `DUPLICATE` or
    `REJECTED`."""
    representative: int
    """The first candidate of the structure, or that did the same, which stands for their class;
    often itself."""
    entrant: Entrant | None
    """The rule as it is to be tuned; None where it is not."""


@dataclass(frozen=True, slots=True)
class Individual:
    """Holds what breeding needs of a candidate that lives in a population."""

    id: int
    program: Program
    representative: int
    size: int = 0
    """The number of primitives of its graph."""
