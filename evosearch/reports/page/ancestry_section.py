"""Tells where the best rule comes from: each ancestor, and what each mutation brought."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import pairwise

from evosearch.export.notation.program_text import readable
from evosearch.graph.lowering import lower
from evosearch.language.parser import parse
from evosearch.reports.page.html import Html, Section, decimal, joined, paragraphs, table, tag
from evosearch.reports.page.material import Material
from evosearch.search.candidate import DUPLICATE, RETUNED
from evosearch.search.records import StoredCandidate
from evosearch.search.store_reader import StoreReader

_NAME = "rule"
"""What the programs of a line of descent are called, so that names make no difference."""


def ancestry_section(material: Material) -> Section:
    """Lists the best rule's ancestors from the start rule on, with scores and changed lines."""
    identifier, title = "ancestry", "Its ancestry"
    if material.best is None:
        return Section(identifier, title, paragraphs("No candidate was trained yet."))
    line = ancestors(material.store, material.best.number)
    texts = [_text(material.store, one) for one in line]
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


def ancestors(store: StoreReader, number: int) -> list[StoredCandidate]:
    """Gives a candidate's line of descent, the start rule first and the candidate last."""
    line = [store.candidate(number)]
    while (parent := line[-1].parent) is not None:
        line.append(store.candidate(parent))
    return line[::-1]


def changed(before: str, after: str) -> list[tuple[str, str]]:
    """Compares two texts line by line: pairs of a sign (` `, `-` or `+`) and a line."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[tuple[str, str]] = []
    for kind, start, end, new_start, new_end in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        kept = kind not in ("replace", "delete", "insert")
        lines += [(" " if kept else "-", line) for line in old[start:end]]
        lines += [("+", line) for line in new[new_start:new_end] if not kept]
    return lines


def _steps(count: int) -> str:
    return "One step leads" if count == 1 else f"{count} steps lead"


def _row(before: StoredCandidate | None, one: StoredCandidate) -> tuple[str, ...]:
    factor = "–"
    if before is not None and before.score and one.score:
        factor = f"× {decimal(one.score / before.score)}"
    score = decimal(one.score) + (" (of its class)" if one.outcome == DUPLICATE else "")
    return (
        f"#{one.id}",
        _how(one),
        decimal(before.score) if before else "–",
        score,
        factor,
    )


def _how(one: StoredCandidate) -> str:
    if one.parent is None:
        return "the start rule"
    if one.outcome == RETUNED:
        return f"tuned in a further round (round {(one.round or 0) + 1})"
    return ", ".join(one.mutations) or "taken over"


def _text(store: StoreReader, one: StoredCandidate) -> str:
    program = parse(one.text, table=store.config.additions.table)
    return readable(lower(program), _NAME)


def _change(before: StoredCandidate, one: StoredCandidate, old: str, new: str) -> Html:
    heading = tag("h3", f"#{before.id} to #{one.id}: {_how(one)}")
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
