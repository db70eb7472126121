"""A section's record is JSON, whatever its numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from evosearch.card.section import Fact, Section, percent, short


@dataclass(frozen=True)
class Numbers:
    best: float
    by_step: dict[int, float]
    parts: tuple[float | None, ...]


def test_a_record_is_json_with_null_for_what_is_not_finite() -> None:
    """Infinity and NaN are no JSON; keys are texts there."""
    numbers = Numbers(float("inf"), {100: 0.5, 1000: float("nan")}, (1.0, None, float("-inf")))
    section = Section("a", "A", "Measured.", (Fact("x", "1"),), "Means.", numbers)
    record = json.loads(json.dumps(section.record(), allow_nan=False))
    assert record["numbers"] == {
        "best": None,
        "by_step": {"100": 0.5, "1000": None},
        "parts": [1.0, None, None],
    }
    assert record["facts"] == [{"label": "x", "value": "1"}]
    assert (record["key"], record["title"]) == ("a", "A")
    assert (record["measured"], record["meaning"]) == ("Measured.", "Means.")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (9.96, "10"),
        (99.9, "100"),
        (693.0, "690"),
        (1e6, "1e+06"),
        (0.00123, "0.0012"),
        (-12.3, "-12"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_have_two_digits(value: float, text: str) -> None:
    """As a person would write them."""
    assert short(value) == text


def test_shares_are_told_in_per_cent() -> None:
    """Small ones keep their digits."""
    assert [percent(share) for share in (1.0, 0.5, 0.0033, 1.8)] == ["100%", "50%", "0.33%", "180%"]
