"""Reads what the validations of a run said, and how often the final tasks were opened."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evosearch.errors import EvosearchError
from evosearch.validation.openings import OPENINGS, Opening, openings
from evosearch.validation.outcome import FOLDER, OUTCOME, Outcome, Standing, read_outcome


@dataclass(frozen=True, slots=True)
class Validation:
    """Is a validation by the name of its folder."""

    name: str
    outcome: Outcome

    @property
    def rules(self) -> list[Standing]:
        """Lists those that are no baselines, in the order in which they were given."""
        return [one for one in self.outcome.standings if not one.baseline]

    @property
    def candidates(self) -> list[Standing]:
        """Lists those of the rules that the run found; files and known rules may be beside them."""
        return [one for one in self.rules if candidate_of(one) is not None]

    def chose(self, tasks: Sequence[str]) -> list[str]:
        """Lists the validation's tasks on which the search chose its rules."""
        return [task for task in self.outcome.tasks if task in tasks]


@dataclass(frozen=True, slots=True)
class Validations:
    """Holds what the folder of validations has."""

    every: tuple[Validation, ...] = ()
    openings: tuple[Opening, ...] = ()
    unread: tuple[str, ...] = ()
    """A sentence on each file that could not be read."""


def read_validations(run: Path) -> Validations:
    """Reads all validations of a run, in the order of their names.

    A file that cannot be read is told of with the others, so that one does not hide the rest.
    """
    folder = run / FOLDER
    every, unread = [], []
    for path in sorted(folder.glob(f"*/{OUTCOME}")):
        try:
            every.append(Validation(path.parent.name, read_outcome(path)))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            unread.append(_told(path.relative_to(run), error))
    opened: list[Opening] = []
    try:
        opened = openings(folder)
    except (OSError, EvosearchError) as error:
        unread.append(_told((folder / OPENINGS).relative_to(run), error))
    return Validations(tuple(every), tuple(opened), tuple(unread))


def candidate_of(standing: Standing) -> int | None:
    """Gives the number of the run's candidate that a rule is; None where it comes from elsewhere.

    A validation has rules of one run alone, in whose folder it lies. The folder's name at the time
    has no say, for it may have been a link's, or another since.

    >>> from types import SimpleNamespace
    >>> candidate_of(SimpleNamespace(origin="candidate 44 of run first"))
    44
    """
    match = re.fullmatch(r"candidate (\d+) of run .*", standing.origin, re.DOTALL)
    return int(match[1]) if match else None


def _told(path: Path, error: Exception) -> str:
    return f"{path} cannot be read ({type(error).__name__}: {error}); it is left out here."
