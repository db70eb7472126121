"""Keeps which of a search's best were measured again, and when, in a table of its database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

from evosearch.scoring.rank_correlation import rank_correlation
from evosearch.search.schema import BASELINE_ID, RANKING, SELECT

_FEWEST = 10
"""With fewer measurements, nothing is said of a correlation."""


class Check(NamedTuple):
    """Is a measurement of one of the best; that of AdamW has the number `BASELINE_ID`."""

    candidate: int
    block: int | None
    """The block after whose commit it was chosen; None for the end of the search."""
    tuned: int
    """The structures that were tuned by then, further rounds counted."""
    fitness: float
    """Its fitness then."""


class Checked(NamedTuple):
    """Is a finished measurement of a candidate: speed-ups over tuned AdamW."""

    candidate: int
    tuned: int
    """The structures that were tuned when it was chosen."""
    score: float
    """By which it was chosen."""
    fresh: float
    """On the same tasks, tuned again, on fresh seeds."""
    select: float | None
    """On those of `select`; None where there are none."""


class CheckTable:
    """Reads and writes the table; transactions are the caller's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def add(self, checks: Sequence[Check]) -> None:
        """Notes who is to be measured."""
        self._db.executemany("INSERT INTO checks VALUES (?, ?, ?, ?)", checks)

    def known(self) -> set[int]:
        """Names those that were measured or are about to be."""
        return {number for (number,) in self._db.execute("SELECT candidate FROM checks")}

    def unfinished(self) -> list[Check]:
        """Lists those of which there is no result yet, in the order in which they were chosen."""
        rows = self._db.execute(
            "SELECT * FROM checks WHERE candidate NOT IN "
            "(SELECT candidate FROM settings WHERE stage = ?) "
            "ORDER BY tuned, block IS NULL, candidate != ?, fitness DESC, candidate",
            (RANKING, BASELINE_ID),
        )
        return [Check(*row) for row in rows]

    def finished(self) -> list[Checked]:
        """Lists the results of candidates, in the order in which they were chosen."""
        rows = self._db.execute(
            "SELECT checks.candidate, tuned, fitness, again.speedup, elsewhere.speedup FROM checks "
            "JOIN finalists AS again ON again.candidate = checks.candidate AND again.stage = ? "
            "LEFT JOIN finalists AS elsewhere ON elsewhere.candidate = checks.candidate "
            "AND elsewhere.stage = ? ORDER BY tuned, block IS NULL, fitness DESC, checks.candidate",
            (RANKING, SELECT),
        )
        return [Checked(n, tuned, 2.0**fitness, *rest) for n, tuned, fitness, *rest in rows]

    def foresight(self) -> float | None:
        """Gives the rank correlation of the search's scores with those on `select`.

        It is of those that were measured, the search's best; None while they are few.
        """
        pairs = [(one.score, one.select) for one in self.finished() if one.select is not None]
        if len(pairs) < _FEWEST:
            return None
        ours, theirs = zip(*pairs, strict=True)
        told = rank_correlation(ours, theirs, [1.0] * len(pairs))
        return None if isnan(told) else told

    def put_in_order(self, candidates: Sequence[int]) -> None:
        """Gives the measured candidates their places, in all stages in which they were tuned."""
        self._db.executemany(
            "UPDATE finalists SET place = ? WHERE candidate = ? AND stage IN (?, ?)",
            [(place, number, RANKING, SELECT) for place, number in enumerate(candidates)],
        )
