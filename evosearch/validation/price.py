"""Says what a step of a rule costs beside AdamW's."""

from __future__ import annotations

from typing import NamedTuple

from evosearch.card.cost import cost
from evosearch.language.program import Program


class Price(NamedTuple):
    """Holds what a rule costs."""

    state_bytes: float
    """Per parameter, of states in single precision."""
    step_time: float
    """The time of a step of the exported optimizer in that of AdamW's, on the same numbers."""


def price(program: Program) -> Price:
    """Counts the states of a rule, and times its step in alternation with AdamW's."""
    values = cost(program)
    return Price(values.state_bytes, values.ratio)
