"""Records of one bred program: what became of it, and what its children need of it."""

from __future__ import annotations

from dataclasses import dataclass

from evosearch.language.program import Program
from evosearch.screening.contender import Contender
from evosearch.screening.screen import Facts

TRAINED, REMEASURED = "trained", "remeasured"
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
    outcome: str
    """`TRAINED`, `REMEASURED` (a duplicate of a rule that is trained again), `DUPLICATE` or
    `REJECTED`."""
    representative: int
    """The first candidate that did the same, which stands for their class; often itself."""
    contender: Contender | None
    """The rule as it is to be trained; None where it is not."""
    seeds: tuple[int, ...]
    """The seeds with which it is to be trained."""


@dataclass(frozen=True, slots=True)
class Individual:
    """Holds what breeding needs of a candidate that lives in a population."""

    id: int
    program: Program
    digest: str
    """The digest of its canonical form, from which its children must differ."""
    representative: int
