"""Buffers that are used again, against values that never change."""

from typing import Any

import pytest
from hypothesis import given

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.screening.contender import plan
from primitives import PRIMITIVES, Kind
from proxies import Plan
from proxies.updates.buffers import FOREKNOWN, LAYOUT, SCRATCH, Place, place
from proxies.updates.step_lines import Move
from tests.proxies.updates.test_step_lines import foreknown_by_hand
from tests.support import random_programs as programs
from tests.support.hand_written_programs import HAND_WRITTEN

Value = Any
"""What a register means: the primitive and the values that it is of, nested."""


def meanings(rule: Plan) -> list[Value]:
    """What each register means, by the plan."""
    values: list[Value] = []
    for index, register in enumerate(rule.registers):
        if register.op in PRIMITIVES and register.operands and index not in foreknown_by_hand(rule):
            values.append((register.op, *(values[operand] for operand in register.operands)))
        else:
            values.append((register.op, register.label or index))
    return values


def check(rule: Plan) -> None:
    """Runs the lines over named memory, in which a written place forgets what it held."""
    known = meanings(rule)
    placed = place(rule, foreknown_by_hand(rule))
    memory: dict[Place, Value] = {}
    for index, register in enumerate(rule.registers):
        if index in foreknown_by_hand(rule):
            memory[Place(FOREKNOWN, index, register.kind)] = known[index]
        elif register.op in PRIMITIVES and not register.operands:
            for kind in (Kind.LEAF, Kind.TENSOR):
                memory[Place(LAYOUT, register.primitive, kind)] = known[index]
        elif register.op in ("input", "slot"):
            memory[Place(register.op, register.label, register.kind)] = known[index]
    before = dict(memory)
    for line in placed.lines:
        operands = [memory[operand] for operand in line.operands]
        assert line.result[:2] != ("input", "w")
        assert line.result.room not in (FOREKNOWN, LAYOUT)
        computed = operands[0] if isinstance(line.op, Move) else (line.op.name, *operands)
        memory[line.result] = computed
        if isinstance(line.op, Move):
            spreads = line.operands[0].kind is not line.result.kind
            assert line.op is (Move.SPREAD if spreads else Move.COPY)
    assert memory[placed.direction] == known[rule.direction]
    assert placed.direction[:2] != ("input", "w")
    for state in rule.states:
        slot = Place("slot", state.name, state.kind)
        assert memory[slot] == known[state.write]
    assert {p: v for p, v in memory.items() if p[:2] == ("input", "w")} == {
        p: v for p, v in before.items() if p[:2] == ("input", "w")
    }
    used = {line.result for line in placed.lines if line.result.room == SCRATCH}
    for kind, count in placed.scratch.items():
        assert {p.key for p in used if p.kind is kind} == set(range(count))


@pytest.mark.parametrize("name", rule_names())
def test_known_rules_compute_what_their_plans_say(name: str) -> None:
    """Every slot and the direction end as the plan says, though buffers are used again."""
    check(plan(lower(known_rule(name), bind=True)))


@pytest.mark.parametrize("program", HAND_WRITTEN.values(), ids=HAND_WRITTEN)
def test_slots_of_every_sort_end_as_their_plans_say(program: Program) -> None:
    """So do programs whose slots are swapped, widened, kept, or hold the weights."""
    check(plan(lower(program, bind=True)))


@given(programs.programs())
def test_random_programs_compute_what_their_plans_say(program: Program) -> None:
    """So does any valid program."""
    check(plan(lower(program, bind=True)))


@pytest.mark.parametrize(
    ("text", "buffers"),
    [
        # The gradient's buffer serves for the direction, and the momentum is changed where it is.
        ("def sgdm(g, m):\n m = lerp(m, g, 0.1)\n return m, m", 0),
        ("def lion(g, m):\n u = sign(lerp(g, m, 0.9))\n m = lerp(g, m, 0.99)\n return u, m", 1),
        # a, b and their sum must live side by side with the gradient until it has been read.
        ("def wide(g):\n a = exp(g)\n b = exp(a)\n return (a + b) * g", 2),
    ],
)
def test_few_buffers_are_needed(text: str, buffers: int) -> None:
    """There are as many as values alive at once, less the gradient's own and the slots."""
    rule = plan(lower(parse(text), bind=True))
    assert place(rule, foreknown_by_hand(rule)).scratch.get(Kind.TENSOR, 0) == buffers
