"""Which of some programs are the same: the content of `evosearch hash`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evosearch.language.program import Program
from evosearch.screening.fingerprint_index import FingerprintIndex
from evosearch.screening.screen import screen


@dataclass(frozen=True, slots=True)
class Hashed:
    """What identifies a program's function."""

    digest: str
    label: str | None
    """The digest of the first of the programs that does the same; None where a gate rejects it."""
    scale: float
    """Root mean square of the direction on the probe: the factor that classes leave out."""
    gate: str | None


def hash_programs(programs: Sequence[Program]) -> list[Hashed]:
    """Digest, class and scale of each, in the same order."""
    index = FingerprintIndex()
    labels: list[str] = []
    hashed = []
    for program in programs:
        screened = screen(program)
        label = None
        if screened.fingerprint is not None:
            number = index.find(screened.fingerprint)
            if number is None:
                number = index.add(screened.fingerprint)
                labels.append(screened.facts.digest)
            label = labels[number]
        facts = screened.facts
        hashed.append(Hashed(facts.digest, label, facts.update_size, facts.rejection))
    return hashed
