"""Tells where a candidate of a run comes from: its ancestors, and what each step changed."""

from __future__ import annotations

from difflib import SequenceMatcher

from evosearch.export.notation.program_text import readable
from evosearch.graph.lowering import lower
from evosearch.language.parser import parse
from evosearch.search.candidate import RETUNED
from evosearch.search.records import StoredCandidate
from evosearch.search.store_reader import StoreReader

_NAME = "rule"
"""What the programs of a line of descent are called, so that names make no difference."""


def ancestors(store: StoreReader, number: int) -> list[StoredCandidate]:
    """Gives a candidate's line of descent, the start rule first and the candidate last.

    Raises:
        EvosearchError: the run has no such candidate.
    """
    line = [store.candidate(number)]
    while (parent := line[-1].parent) is not None:
        line.append(store.candidate(parent))
    return line[::-1]


def way_of(one: StoredCandidate) -> str:
    """Says how a candidate came about: by which mutations, or by a further round of tuning."""
    if one.parent is None:
        return "the start rule"
    if one.outcome == RETUNED:
        return f"tuned in a further round (round {(one.round or 0) + 1})"
    return ", ".join(one.mutations) or "taken over"


def factor(before: StoredCandidate | None, one: StoredCandidate) -> float | None:
    """Gives how many times its parent's score a candidate's is; None where one is not known."""
    if before is None or not before.score or one.score is None:
        return None
    return one.score / before.score


def bare_text(store: StoreReader, text: str) -> str:
    """Writes a program of a run without what it does not use, to be compared with others."""
    return readable(lower(parse(text, table=store.config.additions.table)), _NAME)


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
