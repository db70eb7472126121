"""Tells where the best rule comes from: each ancestor, and what each mutation brought."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from evosearch.reports.ancestry import ancestors, bare_text, changed, factor, way_of
from evosearch.reports.page.html import Html, Section, decimal, joined, paragraphs, table, tag
from evosearch.reports.page.material import Material
from evosearch.search.candidate import DUPLICATE
from evosearch.search.records import StoredCandidate


def ancestry_section(material: Material) -> Section:
    """Lists the best rule's ancestors from the start rule on, with scores and changed lines."""
    identifier, title = "ancestry", "Its ancestry"
    if material.best is None:
        return Section(identifier, title, paragraphs("No candidate was trained yet."))
    line = ancestors(material.store, material.best.number)
    texts = [bare_text(material.store, one.text) for one in line]
    rows = [_row(line[place - 1] if place else None, one) for place, one in enumerate(line)]
    changes = [
        _change(before, one, *texts[place : place + 2])
        for place, (before, one) in enumerate(pairwise(line))
    ]
    intro = (
        "It is the rule that the run started from."
        if len(line) == 1
        else f"{_steps(len(line) - 1)} from the start rule to it. Scores are of the search, on the "
        "seeds of the round in which each was tuned; between two of them lies the noise of tuning "
        "too. Programs are shown as they were bred, before their constants were tuned."
    )
    listing = table(
        "From the start rule to the best",
        ("candidate", "by", "score before", "score", "change"),
        rows,
    )
    return Section(identifier, title, joined((paragraphs(intro), listing, *changes)))


def _steps(count: int) -> str:
    return "One step leads" if count == 1 else f"{count} steps lead"


def _row(before: StoredCandidate | None, one: StoredCandidate) -> tuple[str, ...]:
    times = factor(before, one)
    score = decimal(one.score) + (" (of its class)" if one.outcome == DUPLICATE else "")
    return (
        f"#{one.id}",
        way_of(one),
        decimal(before.score) if before else "–",
        score,
        f"× {decimal(times)}" if times else "–",
    )


def _change(before: StoredCandidate, one: StoredCandidate, old: str, new: str) -> Html:
    heading = tag("h3", f"#{before.id} to #{one.id}: {way_of(one)}")
    if old == new:
        return joined(
            (heading, paragraphs("The program is the same, without what it does not use."))
        )
    return joined((heading, _shown(changed(old, new))))


def _shown(lines: Iterable[tuple[str, str]]) -> Html:
    """Writes lines with their signs, which tell what colours tell."""
    element = {"-": "del", "+": "ins"}
    written = [
        tag(element[sign], f"{sign} {line}") if sign in element else joined((f"  {line}\n",))
        for sign, line in lines
    ]
    return tag("pre", tag("code", *written), tabindex="0")
