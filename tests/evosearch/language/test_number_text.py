"""Numbers in programs and exported code read back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosearch.language.number_text import number


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.0, "2"), (-3.0, "-3"), (0.0, "0"), (0.9, "0.9"), (1e-8, "1e-08"), (1e20, "1e+20")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    """A whole number has no point, unless it is too large to be written out."""
    assert number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back(value: float) -> None:
    """Every digit that matters is written."""
    assert float(number(value)) == value
