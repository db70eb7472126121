"""Records each time the final tasks are opened, and what level of error is then left.

The final tasks chose nothing until someone looks at them; who looks often enough and keeps what he
likes has chosen by them. So the j-th opening for the rules of one run has the level
α / (j (j + 1)), whose sum over all j is α: however often they are opened, the chance of any wrong
verdict is at most α. The same question asked again, to go on or to print it once more, is no
further opening.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from evosearch.errors import EvosearchError
from evosearch.files import append_record

OPENINGS = "openings.jsonl"
MOST_RULES = 8
"""The most rules of a run for which the final tasks are opened at once."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Is one time at which the final tasks were opened."""

    number: int
    """From 1, in one folder of validations."""
    identity: str
    """Names the question that was asked."""
    suite: str
    """The tasks as they were asked for."""
    rules: tuple[str, ...]
    date: str


def openings(folder: Path) -> list[Opening]:
    """Reads the openings that are recorded in a folder of validations, in their order.

    Raises:
        EvosearchError: a record cannot be read.
    """
    path = folder / OPENINGS
    if not path.exists():
        return []
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [
            Opening(**record | {"rules": tuple(record["rules"]), "number": int(record["number"])})
            for record in records
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise EvosearchError(
            f"{path}: damaged ({error}); it says how often the final tasks were opened, so it must "
            "be mended before they are opened again"
        ) from None


def record_opening(
    folder: Path, identity: str, suite: str, rules: Sequence[str], date: str
) -> Opening:
    """Records an opening before anything is trained, and gives it; an earlier one if it is that.

    Raises:
        EvosearchError: an earlier record cannot be read.
    """
    known = openings(folder)
    for opening in known:
        if opening.identity == identity:
            return opening
    opening = Opening(len(known) + 1, identity, suite, tuple(rules), date)
    append_record(folder / OPENINGS, asdict(opening))
    return opening


def level_of(opening: Opening | None, level: float) -> float:
    """Gives what of a level an opening has; all of it where nothing was opened.

    >>> [round(level_of(Opening(n, "", "final", (), ""), 0.06), 3) for n in (1, 2, 3)]
    [0.03, 0.01, 0.005]
    """
    return level if opening is None else level / (opening.number * (opening.number + 1))
