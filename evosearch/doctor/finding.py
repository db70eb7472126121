"""Defines what an examination finds."""

from __future__ import annotations

from dataclasses import dataclass

WELL, NOTE, ILL = "ok", "note", "wrong"
"""How it stands: as it should, worth knowing, or so that something will fail."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Says how one thing stands."""

    about: str
    state: str
    told: str
    advice: str = ""
    """What to do; empty where nothing need be done."""
