"""What was measured is told apart from what was not."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosearch.export.notation.provenance import Provenance, literal_text

UNMEASURED = Provenance(origin="a test", digest="0" * 32, version="0.0.0")


@pytest.mark.parametrize(
    ("rate", "learning_rate"), [(None, 1e-3), (1.0, 1e-3), (0.3, 3e-4), (0.34, 3e-4), (25.0, 0.03)]
)
def test_the_default_rate_is_adamws_times_what_was_measured(
    rate: float | None, learning_rate: float
) -> None:
    """To one digit; AdamW's own 1e-3 where nothing was measured."""
    assert replace(UNMEASURED, rate=rate).learning_rate == learning_rate


@given(st.text(alphabet="\\\"'ab{}$ u"))
def test_any_text_may_stand_in_a_docstring(text: str) -> None:
    """It is read as it was, whatever it holds."""
    source = f'"""Origin: {literal_text(text)}."""'
    assert ast.get_docstring(ast.parse(source), clean=False) == f"Origin: {text}."
