"""A card's parts, as others give them."""

from __future__ import annotations

from evosearch.reports.page.card_section import card_section
from tests.support.page_reader import read_page, text_of


def test_a_card_shows_each_part() -> None:
    """Its title, its sentence and its facts, as they are given."""
    parts = [
        ("Stability", [("largest rate", "3 × the best"), ("<b>", "1 < 2")], "It bears little."),
        ("Memory", [], "As AdamW."),
    ]
    section = card_section(parts)
    assert section is not None
    page = read_page(section.body)
    assert [text_of(one) for one in page.iter("h3")] == ["Stability", "Memory"]
    assert [text_of(one) for one in page.iter("p")] == ["It bears little.", "As AdamW."]
    assert [text_of(one) for one in page.iter("dt")] == ["largest rate", "<b>"]
    assert [text_of(one) for one in page.iter("dd")] == ["3 × the best", "1 < 2"]


def test_without_parts_there_is_no_section() -> None:
    """Rather than an empty one."""
    assert card_section([]) is None
