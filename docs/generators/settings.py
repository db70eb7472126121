"""Writes what can be set of a search, from the configuration's own words."""

from __future__ import annotations

from evosearch import search_settings


def settings() -> str:
    """Gives an entry for each value, with its meaning and its default."""
    return "\n".join(f"- `{name}`: {meaning}" for name, meaning in search_settings().items())
