"""What a schedule says of temporaries is what torch allocates, and nothing is given up early."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest
import torch

import evosearch
from evosearch import Program, known_rule, parse, rule_names
from evosearch.export.pytorch.instructions import Copy
from tests.evosearch.export.pytorch.test_file import mutants
from tests.evosearch.export.pytorch.test_schedule import named, step_of_rule
from tests.support.allocations import Allocations

SHAPE = (50, 80)
"""Of a matrix: of a vector, what has a number for each row is as large as the parameter."""


IN_LISTS = ("adam_mini",)
"""Rules of which lists take one more: a step of each parameter's own, where little else is held."""


def measured(kind: type[Any], *, foreach: bool = False, maximize: bool = False) -> float:
    """The most tensors of a parameter's size alive at once, as torch counts them."""
    weight = torch.randn(SHAPE)
    weight.grad = torch.randn(SHAPE)
    optimizer = kind([weight], lr=0.01, foreach=foreach, maximize=maximize)
    optimizer.step()
    with Allocations() as allocations:
        optimizer.step()
    return allocations.peak / (4 * weight.numel())


def said(program: Program) -> int | None:
    """What the schedule says; None where a pass over all parameters comes before."""
    step = step_of_rule(program)
    return None if step is None else named(step, pure=False).temporaries


@pytest.mark.parametrize("name", rule_names())
def test_the_peak_is_what_torch_allocates(name: str) -> None:
    """Neither less, so that it fits, nor more, so that it is no excuse."""
    temporaries = said(known_rule(name))
    if temporaries is not None:
        kind = evosearch.optimizer(name)
        # A mask takes a quarter of a tensor, and a number next to nothing.
        taken = ceil(measured(kind) - 0.05)
        if name in IN_LISTS:
            assert taken == temporaries - 1
            taken = ceil(measured(kind, foreach=True) - 0.05)
        assert taken == temporaries


@pytest.mark.parametrize("name", rule_names())
def test_lists_take_one_more_at_most_to_ascend(name: str) -> None:
    """The gradients turned round; two lists for rules that need one to descend, as Lion does."""
    kind = evosearch.optimizer(name)
    descending = measured(kind, foreach=True)
    assert measured(kind, foreach=True, maximize=True) <= descending + 1.05


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)]
)
def test_lists_ascend_in_no_more_memory_than_torchs_own(name: str, kind: type[Any]) -> None:
    """As there, turned gradients are given up when they have been read."""
    own = measured(evosearch.optimizer(name), foreach=True, maximize=True)
    assert own <= measured(kind, foreach=True, maximize=True) + 0.05


def test_the_peak_is_never_more_than_is_said() -> None:
    """It holds for programs that nobody wrote, too."""
    compared = 0
    for program in mutants(60, seed=13):
        temporaries = said(program)
        if temporaries is not None:
            assert measured(evosearch.optimizer(program)) <= temporaries + 0.05
            compared += 1
    assert compared > 30


@pytest.mark.parametrize(
    ("text", "temporaries"),
    [
        # Counted by hand.
        ("def f(g):\n    return g", 0),
        ("def f(g, m):\n    m = lerp(g, m, 0.9)\n    return m, m", 0),
        ("def f(g):\n    return sign(g)", 1),
        ("def f(g, m):\n    return sign(lerp(g, m, 0.9)), lerp(g, m, 0.99)", 1),
        ("def f(g, m, v):\n    m = lerp(g, m, 0.9)\n    v = lerp(square(g), v, 0.999)\n"
         "    return m / (sqrt(v) + 1e-8), m, v", 1),
        ("def f(g):\n    return tanh(g) * sign(g) + 1", 2),
        ("def f(g):\n    return cbrt(g)", 3),  # a sign, a magnitude and its root
        ("def f(g, lr):\n    return g / lr", 1),  # in either of its two cases
    ],
)  # fmt: skip
def test_temporaries_counted_by_hand(text: str, temporaries: int) -> None:
    """One that a person needs is one that is counted."""
    assert said(parse(text)) == temporaries


def test_all_that_is_taken_is_given_up_once() -> None:
    """After the last entry no temporary is left; none is given up before what reads it last."""
    checked = 0
    for program in (*map(known_rule, rule_names()), *mutants(40, seed=5)):
        step = step_of_rule(program)
        if step is None:
            continue
        order = named(step, pure=False)
        states = {slot.name for slot in order.states}
        freed = [place for places in order.freed.values() for place in places]
        assert len(set(freed)) == len(freed)
        made, holds, last = set(), {}, {}
        for number, entry in enumerate(order.entries):
            for operand in entry.operands:
                last[holds.get(operand, "")] = number
            if isinstance(entry, Copy):
                last[entry.source] = number
            if entry.place not in states:
                holds[entry.node] = entry.place
                if str(step.nodes[entry.node].kind) == "tensor":
                    made.add(entry.place)
        assert set(freed) == made
        for number, places in order.freed.items():
            for place in places:
                assert last[place] < number
                checked += 1
    assert checked > 50
