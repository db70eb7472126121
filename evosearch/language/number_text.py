"""How numbers are written in programs, formulas and exported code."""

from __future__ import annotations


def number(value: float) -> str:
    """The shortest text that reads back as `value`; small whole numbers have no point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e6 else repr(value)
