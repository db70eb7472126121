"""How many blocks a search has in training for the workers that it is planned for."""

from __future__ import annotations

import pytest

from evosearch.search.slots import lag_of, told_of_idle


@pytest.mark.parametrize("slots", [1, 2, 64])
def test_a_planned_worker_has_a_block_and_another_at_hand(slots: int) -> None:
    """So none of them idles, nor of any smaller number."""
    assert lag_of(slots) == slots + slots
    assert told_of_idle(slots, lag_of(slots)) is None
    assert told_of_idle(0, lag_of(slots)) is None


def test_workers_without_work_are_told_of() -> None:
    """With what a new run would have to say; as many workers as blocks are no fault."""
    assert told_of_idle(4, 4) is None
    assert told_of_idle(16, 4) == (
        "12 of 16 workers will idle: lag is 4, so no more blocks are in training at once; a new "
        "run with --slots 16 would keep them busy"
    )
