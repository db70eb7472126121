"""Which statements a direction depends on, by putting other values in their place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from evosearch import Program, parse
from evosearch.language.liveness import live_slots, live_statements
from evosearch.language.printer import statement_text
from evosearch.language.program import Statement
from tests.support.random_programs import apply_plainly, programs, steps_of

STEPS = steps_of(1, 6)


def influences(program: Program, disturbed: int | str) -> bool:
    """Whether the direction may change with the result of a statement, or the start of a slot.

    Each value is only whether it was disturbed, so no algebra and no rounding hides a dependence.
    """
    states = {slot: slot == disturbed for slot in program.slots}
    for _ in range(2 * len(program.slots) + 2):
        scope = dict.fromkeys([*program.inputs, *dict(program.hyperparameters)], False) | states
        for index, statement in enumerate(program.statements):
            parts = [scope[a] for a in statement.arguments if isinstance(a, str)]
            scope[statement.target] = index == disturbed or any(parts)
        direction, *written = (scope[name] for name in program.returns)
        if direction:
            return True
        states = dict(zip(program.slots, written, strict=True))
    return False


@settings(max_examples=150)
@given(programs(longest=12, most_slots=4))
def test_live_is_what_a_disturbance_of_reaches_the_direction(program: Program) -> None:
    """A statement is live where another result in its place may show, now or in a later step."""
    expected = {i for i in range(len(program.statements)) if influences(program, i)}
    assert live_statements(program) == expected
    assert live_slots(program) == {slot for slot in program.slots if influences(program, slot)}


def directions(program: Program, dead: int | None, value: float) -> list[list[float]]:
    """The directions, with `value` in place of the result of one statement."""
    statements = list(program.statements)
    if dead is not None:
        target = statements[dead].target
        statements[dead] = Statement(target, "identity", (value,))
    states = {slot: [0.0] * 6 for slot in program.slots}
    found = []
    for step in STEPS:
        scope = {"w": step.w, "g": step.g, "lr": [step.lr] * 6, "t": [float(step.t)] * 6} | states
        scope |= {name: [x] * 6 for name, x in program.hyperparameters}
        for s in statements:
            arguments = [scope[a] if isinstance(a, str) else [a] * 6 for a in s.arguments]
            scope[s.target] = apply_plainly(s.primitive, arguments)
        direction, *written = (scope[name] for name in program.returns)
        states = dict(zip(program.slots, written, strict=True))
        found.append(direction)
    return found


LINEAR = ("add", "subtract", "negative", "identity", "lerp", "maximum", "mean", "where", "clamp")


@given(programs(longest=10, primitives=LINEAR))
def test_dead_statements_do_not_matter_in_numbers(program: Program) -> None:
    """Any number in place of a dead statement's result leaves every direction as it was."""
    usual = directions(program, None, 0.0)
    for index in set(range(len(program.statements))) - live_statements(program):
        for value in (0.0, 3.5, -1e6):
            assert directions(program, index, value) == usual


@pytest.mark.parametrize(
    ("text", "dead", "slots"),
    [
        ("def f(g, m):\n u = g\n m = m + g\n return u, m", ["m = m + g"], set()),
        ("def f(g, m):\n u = m\n m = m + g\n return u, m", [], {"m"}),
        ("def f(g, a, b):\n u = a\n a = b + 1\n b = g\n return u, a, b", [], {"a", "b"}),
        (
            "def f(g, a, b):\n a = b + 1\n b = a + 1\n return g, a, b",
            ["a = b + 1.0", "b = a + 1.0"],
            set(),
        ),
        ("def f(g):\n x = g + 1\n x = g + 2\n return x", ["x = g + 1.0"], set()),
        ("def f(g, m):\n m = g + 1\n return m, m", [], set()),
        ("def f(g):\n x = 0 * g\n return g + x", [], set()),
    ],
)
def test_examples(text: str, dead: list[str], slots: set[str]) -> None:
    """Overwritten before it is read, kept for nobody, or only of itself: dead. Algebra is not."""
    program = parse(text)
    live = live_statements(program)
    found = [statement_text(s) for i, s in enumerate(program.statements) if i not in live]
    assert found == dead
    assert live_slots(program) == slots
