"""What a test sees of a command that it ran."""

from collections.abc import Callable
from typing import NamedTuple


class Outcome(NamedTuple):
    """Exit status, output and errors."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]
"""Takes the command line's arguments."""
