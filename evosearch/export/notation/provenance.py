"""Records where an exported rule comes from, and what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass

from evosearch.language.program import Program

DEFAULT_RATE = 1e-3
"""The learning rate that AdamW has by default; relative rates are multiples of it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Holds a program that a user named, and where it comes from."""

    program: Program
    name: str
    origin: str
    """The phrase by which people call it, such as "known rule lion"."""
    evidence: str = ""
    """A sentence on what the run measured; empty where nothing was."""
    rate: float | None = None
    """The best learning rate over AdamW's; None where it was not measured."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Holds what the file's header says of where the rule comes from."""

    origin: str
    """The phrase by which people call it: "known rule lion" or "candidate 44 of run …"."""
    digest: str
    version: str
    evidence: str = ""
    """A sentence on what was measured; empty where nothing was."""
    rate: float | None = None
    """The best learning rate over AdamW's; None where it was not measured."""

    @property
    def learning_rate(self) -> float:
        """Gives the file's default learning rate, to one digit: the best, if that was measured."""
        return float(f"{DEFAULT_RATE * (1.0 if self.rate is None else self.rate):.1g}")


def literal_text(text: str) -> str:
    """Escapes the text for a docstring; a path may hold anything."""
    return text.replace("\\", r"\\").replace('"', r"\"")
