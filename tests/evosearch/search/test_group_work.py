"""Work on several rules together, of which some bring workers down."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from evosearch.errors import EvosearchError
from evosearch.search.group_work import GroupWork, settled, warn_of
from evosearch.search.schema import BASELINE_ID
from evosearch.search.work import Pending, WorkFailed

BEGUN: list[tuple[int, ...]] = []


def squares(members: Sequence[int]) -> Pending[list[int]]:
    """Squares numbers; odd ones bring workers down."""
    BEGUN.append(tuple(members))

    class Work:
        def result(self) -> list[int]:
            if any(number % 2 for number in members):
                raise WorkFailed("each of 3 workers died", f"the work on {members}")
            return [number**2 for number in members]

    return Work()


@pytest.mark.parametrize(
    ("members", "values", "begun"),
    [
        ((2, 4), [4, 16], [(2, 4)]),
        ((2, 3, 4), [4, None, 16], [(2, 3, 4), (2,), (3,), (4,)]),
        ((3, 5), [None, None], [(3, 5), (3,), (5,)]),
        ((3,), [None], [(3,)]),
        ((), [], [()]),
    ],
    ids=["well", "one of them", "all", "alone", "nobody"],
)
def test_who_brings_workers_down_is_found(
    members: tuple[int, ...], values: list[int | None], begun: list[tuple[int, ...]]
) -> None:
    """Each by itself, once all together did; the others have what they have without it."""
    BEGUN.clear()
    outcomes = GroupWork(members, squares).result()
    assert [None if isinstance(one, WorkFailed) else one for one in outcomes] == values
    assert begun == BEGUN
    for member, one in zip(members, outcomes, strict=True):
        if isinstance(one, WorkFailed):
            assert f"died over the work on {[member] if len(members) > 1 else (member,)}" in str(
                one
            )


def test_they_are_named() -> None:
    """In one warning, and none where there is nobody to name."""
    with pytest.warns(UserWarning, match=r"^candidates that .* on spirals count as .*: 3, 5$"):
        warn_of([3, 5], " on spirals")
    warn_of([])


def test_what_counts_instead_is_given_for_those() -> None:
    """In the places of those alone, with a warning that names them by their numbers."""
    with pytest.warns(UserWarning, match=r"^candidates that .* in the end count as .*: 30, 50$"):
        values = settled(
            GroupWork((2, 3, 4, 5), squares), lambda n: 10 * n, lambda n: -n, " in the end"
        )
    assert values == [4, -3, 16, -5]


def test_adamw_is_never_held_guilty() -> None:
    """It is known to train, so that a task or the machine is to blame."""
    with pytest.raises(
        EvosearchError, match=r"^AdamW: each of 3 workers died over .*, then resume$"
    ):
        settled(GroupWork((2, 3), squares), lambda n: n if n == 2 else BASELINE_ID, abs, "")
