"""Puts what is to be told on one line that is never longer than there is room for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_BETWEEN = ", "
_MOST_GATES = 3
"""The gates that are named; what the others rejected is added up."""


@dataclass(frozen=True, slots=True)
class Part:
    """Is a piece of the line, which stands in the order in which it is given."""

    text: str
    rank: int
    """How soon it gives way: what has the highest rank goes first, rank 0 is cut in the end."""


def fitted(parts: Sequence[Part], width: int) -> str:
    """Writes as many parts as `width` columns hold; of parts with equal rank the last goes first.

    >>> parts = [Part("search 3/60", 0), Part("12 cached", 2), Part("best 1.02", 1)]
    >>> fitted(parts, 40), fitted(parts, 25), fitted(parts, 8)
    ('search 3/60, 12 cached, best 1.02', 'search 3/60, best 1.02', 'search …')
    """
    kept = [part for part in parts if part.text]
    while len(line := _BETWEEN.join(part.text for part in kept)) > width:
        place = max(range(len(kept)), key=lambda at: (kept[at].rank, at))
        if kept[place].rank == 0:
            return line[: width - 1] + "…" if width > 1 else line[:width]
        del kept[place]
    return line


def gates_in_short(gates: Counter[str]) -> str:
    """Names the gates that rejected the most.

    >>> gates_in_short(Counter({"one-signed": 8, "not-descent": 6, "constant": 1}))
    '8 one-signed, 6 not-descent, 1 constant'
    """
    most = sorted(gates.items(), key=lambda one: (-one[1], one[0]))
    told = [f"{number} {gate}" for gate, number in most[:_MOST_GATES]]
    rest = sum(number for _, number in most[_MOST_GATES:])
    return ", ".join([*told, f"{rest} by others"] if rest else told)


def bar(share: float, width: int = 20) -> str:
    """Draws a share of 1 as a bar of so many columns.

    >>> bar(0.5, 4)
    '[##--]'
    """
    full = min(max(int(share * width), 0), width)
    return f"[{'#' * full}{'-' * (width - full)}]"
