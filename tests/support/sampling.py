"""Takes a few of many cases in every run of the tests; the others are among the slow ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], every: int) -> list[Any]:
    """Marks as slow all cases but the first of each `every`; what a case shows, its kin show too.

    A case is one argument of a test, named as pytest names it.
    """
    return [
        case if place % every == 0 else pytest.param(case, marks=pytest.mark.slow)
        for place, case in enumerate(cases)
    ]
