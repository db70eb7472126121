"""Relates the blocks that a search has in training to the workers that it is planned for."""

from __future__ import annotations

_BLOCKS_PER_SLOT = 2
"""Blocks are committed in their order, so a worker that is done early needs another one at hand.

In a simulation with times that vary by 30%, one block for each of 8 workers keeps them busy for 81%
of the time and two for 92%, three for 94%; of 64 workers it is 64%, 85% and 88%. Each block more
makes parents older.
"""


def lag_of(slots: int) -> int:
    """Gives the `lag` of a search that is planned for so many workers at once."""
    return _BLOCKS_PER_SLOT * slots


def told_of_idle(workers: int, lag: int) -> str | None:
    """Says that there are more workers than blocks in training, if so; None if all have work."""
    if workers <= lag:
        return None
    return (
        f"{workers - lag} of {workers} workers will idle: lag is {lag}, so no more blocks are in "
        f"training at once; a new run with --slots {workers} would keep them busy"
    )
