"""A schedule, executed by hand with numpy, does what the reference interpreter does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.export.notation.totals import cut
from evosearch.export.pytorch.instructions import Instruction
from evosearch.export.pytorch.schedule import Schedule, schedule
from evosearch.export.pytorch.step import WEIGHT_DECAY, Step, step_of
from evosearch.graph.value_ranges import hyperparameter_domains, ranges
from evosearch.language.printer import to_text
from primitives import NumpySegments
from tests.evosearch.export.pytorch.test_file import _START as START
from tests.evosearch.export.pytorch.test_file import (
    DECAY,
    SHAPES,
    STEPS,
    Array,
    deviation,
    gradient,
    mutants,
    rate,
    stable_path,
)
from tests.support.random_programs import programs
from tests.support.state_order_programs import TRICKY
from tests.support.step_execution import Machine


def step_of_rule(program: Program) -> Step | None:
    """The rule's step; None where it has reductions over all parameters, which come before it."""
    graph = lower(program)
    parts = cut(graph, ranges(graph, hyperparameter_domains(graph)))
    return None if parts.totals else step_of(parts.graph, parts.ranges)


def named(step: Step, pure: bool) -> Schedule:
    """The schedule, its temporaries named after the last nodes that they hold."""
    return schedule(step, pure=pure).named("temporary_{}".format)


def descend(step: Step, pure: bool) -> Array:
    """`[STEPS, D]`: the weights that the schedule moves to."""
    order, segments = named(step, pure), NumpySegments(SHAPES)
    states: dict[str, Array] = {}
    w, path = START, []
    for t in range(1, STEPS + 1):
        inputs: dict[str, Any] = {"w": w, "g": gradient(w, t), "lr": rate(t), "t": t}
        machine = Machine(step, order, segments, inputs | {WEIGHT_DECAY: DECAY}, states, pure)
        machine.run()
        w = machine.result("p")
        states = {slot.name: machine.result(slot.name) for slot in step.slots}
        path.append(w)
    return np.stack(path)


def check(program: Program, expected: Array) -> bool:
    """Whether the program could be compared; where it can be, it agrees in both orders."""
    step = step_of_rule(program)
    if step is None:
        return False
    for pure in (False, True):
        assert deviation(descend(step, pure), expected) < 1e-12, (pure, to_text(program))
    return True


def test_known_rules_move_as_the_reference() -> None:
    """In place or not, every entry reads what it is meant to read."""
    compared = 0
    for name in rule_names():
        expected = stable_path(known_rule(name), 1e-14, 1e-12)
        assert expected is not None
        compared += check(known_rule(name), expected)
    assert compared > 30


@pytest.mark.parametrize("name", TRICKY)
def test_states_are_read_before_they_are_overwritten(name: str) -> None:
    """States that swap, that are copied or stored twice have their old value while it is needed."""
    expected = stable_path(TRICKY[name], 1e-14, 1e-12)
    assert expected is not None
    check(TRICKY[name], expected)


def test_mutants_move_as_the_reference() -> None:
    """So do programs that nobody wrote."""
    compared = 0
    for program in mutants(90, seed=21):
        expected = stable_path(program, 1e-14, 1e-12)
        compared += expected is not None and check(program, expected)
    assert compared > 40


@settings(max_examples=60)
@given(program=programs(longest=10))
def test_random_programs_move_as_the_reference(program: Program) -> None:
    """So does any program of the language."""
    expected = stable_path(program, 1e-14, 1e-12)
    assume(expected is not None)
    assert expected is not None
    check(program, expected)


def test_a_pure_step_overwrites_nothing() -> None:
    """No instruction takes the place of an operand, and states are stored at the end."""
    for name in rule_names():
        step = step_of_rule(known_rule(name))
        if step is None:
            continue
        entries = named(step, pure=True).entries
        instructions = [entry for entry in entries if isinstance(entry, Instruction)]
        assert entries[: len(instructions)] == tuple(instructions)
        assert all(entry.overwrites is None and not entry.stores for entry in instructions)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        # Worked out by hand: what a person would overwrite.
        ("def f(g):\n    return g", ["p", "p"]),
        ("def f(g, m):\n    m = lerp(g, m, 0.9)\n    return m, m", ["m", "p", "p"]),
        ("def f(g, m):\n    return sign(lerp(g, m, 0.9)), lerp(g, m, 0.99)",
         ["new", "new", "m", "p", "p"]),
        ("def f(g, v):\n    v = lerp(square(g), v, 0.9)\n    return g / (sqrt(v) + 1e-8), v",
         ["v", "new", "new", "p", "p"]),
    ],
)  # fmt: skip
def test_results_stand_where_a_person_would_put_them(text: str, places: list[str]) -> None:
    """States and the parameter are updated in place; only what must be new is new."""
    step = step_of_rule(parse(text))
    assert step is not None
    kept = {"p", "m", "v"}
    entries = named(step, pure=False).entries
    assert [entry.place if entry.place in kept else "new" for entry in entries] == places
