"""What is left out of a line where there is little room."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosearch.progress.line import Part, bar, fitted, gates_in_short

PARTS = st.lists(st.builds(Part, st.text("abc ", max_size=12), st.integers(0, 5)), max_size=8)


@given(PARTS, st.integers(1, 90))
def test_a_line_fits(parts: list[Part], width: int) -> None:
    """Whatever is to be told, and however little room there is."""
    assert len(fitted(parts, width)) <= width


@given(PARTS)
def test_with_room_everything_is_told(parts: list[Part]) -> None:
    """In the order in which it was given, without what is empty."""
    assert fitted(parts, 1000) == ", ".join(part.text for part in parts if part.text)


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (20, "first, second, third"),
        (19, "first, third"),
        (11, "first"),
        (4, "fir…"),
        (1, "f"),
    ],
)
def test_what_matters_least_goes_first(width: int, line: str) -> None:
    """And what has rank 0 is cut, not left out."""
    assert fitted([Part("first", 0), Part("second", 2), Part("third", 1)], width) == line


def test_few_gates_are_named() -> None:
    """Those that reject the most; no rejection is lost."""
    gates = Counter({"a": 1, "b": 5, "c": 2, "d": 3, "e": 1})
    assert gates_in_short(gates) == "5 b, 3 d, 2 c, 2 by others"
    assert gates_in_short(Counter()) == ""


@pytest.mark.parametrize(
    ("share", "drawn"), [(-1, "[----]"), (0.49, "[#---]"), (1, "[####]"), (3, "[####]")]
)
def test_bars_have_one_width(share: float, drawn: str) -> None:
    """Also where more was done than was wanted."""
    assert bar(share, 4) == drawn
