"""Shows the card of a rule: what is known of its behaviour, in parts that others measured."""

from __future__ import annotations

from collections.abc import Sequence

from evosearch.reports.page.html import Section, facts, joined, paragraphs, tag

Part = tuple[str, Sequence[tuple[str, str]], str]
"""A title, facts as pairs of a label and a value, and a sentence that sums them up."""


def card_section(parts: Sequence[Part]) -> Section | None:
    """Shows the parts of a card one below the other; gives None where there are none."""
    if not parts:
        return None
    written = [
        joined((tag("h3", title), paragraphs(sentence), facts(known)))
        for title, known, sentence in parts
    ]
    return Section("card", "Its card", joined(written))
