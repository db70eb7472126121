"""Defines a section of a card, and how numbers are written in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from evosearch.files import json_numbers


@dataclass(frozen=True)
class Fact:
    """Is one measured thing: what it is, and its value as text."""

    label: str
    value: str


@dataclass(frozen=True)
class Section:
    """Holds what was measured of one trait of a rule, and what that means for who uses it."""

    key: str
    """The name by which machines call it."""
    title: str
    measured: str
    """A sentence on what was measured, and where."""
    facts: tuple[Fact, ...]
    meaning: str
    """A sentence or two for the user."""
    values: Any
    """The frozen dataclass that holds the numbers."""

    def record(self) -> dict[str, Any]:
        """Gives the section as JSON has it; a number that is not finite becomes null."""
        return {
            "key": self.key,
            "title": self.title,
            "measured": self.measured,
            "facts": [asdict(fact) for fact in self.facts],
            "meaning": self.meaning,
            "numbers": json_numbers(asdict(self.values)),
        }


def short(value: float) -> str:
    """Writes a number with two digits, for people.

    >>> short(0.0123), short(1e-12), short(1234.0), short(float("nan"))
    ('0.012', '1e-12', '1200', 'not a number')
    """
    if value != value:
        return "not a number"
    rounded = float(f"{value:.2g}")
    return f"{rounded:.0f}" if 10 <= abs(rounded) < 1e5 else f"{rounded:.2g}"


def percent(share: float) -> str:
    """Writes a share in per cent.

    >>> percent(0.914), percent(0.00012), percent(0.0)
    ('91%', '0.012%', '0%')
    """
    return f"{short(100 * share)}%"
