"""Writes numbers as programs, formulas and exported code have them."""

from __future__ import annotations


def number(value: float) -> str:
    """Gives the shortest text that reads back as `value`; small whole numbers have no point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e6 else repr(value)
