"""Finds out which of some programs are the same, for `evosearch hash`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evosearch.graph.structure import structure
from evosearch.language.program import Program
from evosearch.screening.fingerprint_index import FingerprintIndex
from evosearch.screening.screen import screen


@dataclass(frozen=True, slots=True)
class Hashed:
    """Holds what identifies a program's function."""

    digest: str
    structure: str
    """Equal for programs that differ in constants alone."""
    class_digest: str | None
    """The digest of the first of the programs that does the same, which represents their class;
    None where a gate rejects the program."""
    scale: float
    """The root mean square of the direction on the probe: the factor that classes leave out."""
    gate: str | None


def hash_programs(programs: Sequence[Program]) -> list[Hashed]:
    """Gives digest, structure, class and scale of each program, in the same order."""
    index = FingerprintIndex()
    representatives: list[str] = []
    hashed = []
    for program in programs:
        screened = screen(program)
        class_digest = None
        if screened.fingerprint is not None:
            place = index.find(screened.fingerprint)
            if place is None:
                place = index.add(screened.fingerprint)
                representatives.append(screened.facts.digest)
            class_digest = representatives[place]
        facts = screened.facts
        hashed.append(
            Hashed(
                digest=facts.digest,
                structure=structure(program).digest,
                class_digest=class_digest,
                scale=facts.update_size,
                gate=facts.gate,
            )
        )
    return hashed
