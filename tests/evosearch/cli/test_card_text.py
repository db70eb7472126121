"""A card as text and as Markdown: all of it is there, and nothing is taken for markup."""

from __future__ import annotations

from evosearch.card.card import Card
from evosearch.card.section import Fact, Section
from evosearch.cli.card_text import markdown, plain

SECTION = Section(
    "one",
    "First title",
    "It was measured on a_task with *stars*.",
    (Fact("a label", "a | value"), Fact("another " * 6 + "label", "long " * 30)),
    "It means something_like this.",
    None,
)
CARD = Card("rule", "abc123", (SECTION,), ("update_sizes", "transfer"))


def test_text_holds_every_word_in_100_columns() -> None:
    """Wrapped, so that a terminal shows it."""
    text = plain(CARD, "known rule x")
    assert max(map(len, text.splitlines())) <= 100
    words = " ".join(text.split())
    assert words.startswith("Card of known rule x First title It was measured on a_task")
    assert "a label a | value" in words
    assert words.count("long") == 30
    assert "=> It means something_like this." in words
    assert words.endswith("Not measured, for it takes trainings: update sizes, transfer.")


def test_values_stand_in_one_column() -> None:
    """Also where they go on in further lines."""
    lines = plain(CARD, "x").splitlines()
    (first,) = [line for line in lines if "a label" in line]
    rest = [line for line in lines if line.strip().startswith("long")]
    assert rest
    assert {line.index("long") for line in rest} == {first.index("a | value")}


def test_markdown_escapes_what_is_markup() -> None:
    """A bar would end a cell, and a star begin emphasis."""
    page = markdown(CARD, "known rule x")
    assert page.startswith("# Card of known rule x\n\nDigest of the rule: `abc123`.\n\n## First")
    assert "measured on a\\_task with \\*stars\\*." in page
    assert "| a label | a \\| value |" in page
    assert "**It means something\\_like this.**" in page
    assert page.endswith("Not measured, for it takes trainings: update sizes, transfer.\n")
    whole = Card("rule", "abc123", (SECTION,), ())
    assert "Not measured" not in markdown(whole, "x") + plain(whole, "x")
