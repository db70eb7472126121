"""Which rows of a cohort belong to which rule, and which of them are kept."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from proxies import Plan
from proxies.updates.member import Member, kept

NOTHING = Plan((), 0, ())


def member(rows: int) -> Member:
    """A member whose rates, decay and two constants are numbers of their own."""
    numbers = np.arange(2.0 * rows).reshape(2, rows)
    return Member(NOTHING, numbers, np.arange(rows) / 10, numbers + 100)


def test_a_member_keeps_the_numbers_of_the_rows_it_keeps() -> None:
    """The same rule, with columns in the order asked for."""
    some = member(4).keep([1, 3])
    assert some.plan is NOTHING
    assert some.rows == 2
    assert some.rates.tolist() == [[1.0, 3.0], [5.0, 7.0]]
    assert some.decay.tolist() == [0.1, 0.3]
    assert some.constants.tolist() == [[101.0, 103.0], [105.0, 107.0]]
    assert member(4).keep([]).rows == 0


@given(st.lists(st.integers(1, 4), max_size=5), st.randoms(use_true_random=False))
def test_rows_of_a_cohort_are_told_to_their_members(sizes: list[int], random: Any) -> None:
    """Each row is its member's, counted from the member's first."""
    owners = [(number, own) for number, size in enumerate(sizes) for own in range(size)]
    rows = [row for row in range(len(owners)) if random.random() < 0.5]
    chosen = [owners[row] for row in rows]
    expected = [[own for n, own in chosen if n == number] for number in range(len(sizes))]
    assert kept([member(size) for size in sizes], rows) == expected
