"""What a test sees of a command that it ran."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple


class Outcome(NamedTuple):
    """Exit status, output and errors."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]
"""Takes the command line's arguments."""


def refused(outcome: Outcome) -> str:
    """The line that tells the user what was wrong."""
    assert outcome.status == 2, outcome
    assert outcome.out == ""
    assert outcome.err.endswith("\n")
    (line,) = outcome.err.splitlines()
    assert line.startswith("evosearch: ")
    return line.removeprefix("evosearch: ")


def read(outcome: Outcome) -> Any:
    """The JSON that a command printed without complaint."""
    assert outcome.status == 0
    assert outcome.err == ""
    return json.loads(outcome.out)
