"""What is fused computes what its parts would; and nothing is fused that must stay apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from evosearch import Program, known_rule, parse, rule_names
from evosearch.export.pytorch.selection import Selection
from primitives import Fusion, NumpySegments
from tests.evosearch.export.pytorch.test_step import SIZES, close, step_and_inputs
from tests.support.random_programs import programs
from tests.support.step_execution import applied, fused, values_of


def rows(text: str, pure: bool = False) -> list[str]:
    """The patterns of fusions and names of primitives that are chosen, in order of nodes."""
    step, _ = step_and_inputs(parse(text))
    chosen = Selection(step, pure).select()
    found = (chosen[node].row for node in sorted(chosen))
    return [row.pattern if isinstance(row, Fusion) else row.name for row in found]


MOVES = ["multiply", "a + b * c"]
"""What ends a step: decay, and then the direction times the rate."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Worked out by hand, from what torch's own optimizers call.
        ("def f(g):\n    return g", MOVES),
        ("def f(g, v):\n    v = lerp(square(g), v, 0.9)\n    return v, v",
         ["lerp(square(a), b, c)", *MOVES]),
        ("def f(g, m):\n    return sign(lerp(g, m, 0.9)), lerp(g, m, 0.99)",
         ["lerp", "sign", "lerp", *MOVES]),
        # The square is read twice, so it is computed once and not fused.
        ("def f(g, v):\n    s = square(g)\n    v = lerp(s, v, 0.9)\n    return v + sqrt(s), v",
         ["square", "lerp", "sqrt", "add", *MOVES]),
        # The weight depends on the step: the fusion's form would need it twice.
        ("def f(g, v, t):\n    v = lerp(square(g), v, 1 - 1 / t)\n    return v, v",
         ["square", "lerp", *MOVES]),
        # A quotient that may be 0 / 0 keeps its guard, so it is apart.
        ("def f(g, m):\n    return g / m, m + g", ["divide", "add", *MOVES]),
        # A positive denominator joins the update.
        ("def f(w, g):\n    return g / (1 + square(w))",
         ["square", "add", "multiply", "a + b / c * d"]),
    ],
)  # fmt: skip
def test_what_torch_does_in_one_pass_is_one_instruction(text: str, expected: list[str]) -> None:
    """A person would call torch so."""
    assert sorted(rows(text)) == sorted(expected)


@pytest.mark.parametrize("name", rule_names())
def test_a_pure_step_has_primitives_only(name: str) -> None:
    """Fusions overwrite, so they are not for automatic differentiation."""
    step, _ = step_and_inputs(known_rule(name))
    chosen = Selection(step, pure=True).select()
    assert not any(isinstance(instruction.row, Fusion) for instruction in chosen.values())


def check(program: Program) -> None:
    """Each instruction computes its node, and each node that is needed has an instruction."""
    step, inputs = step_and_inputs(program)
    segments = NumpySegments(SIZES)
    with np.errstate(all="ignore"):
        values = values_of(step.nodes, inputs, segments)
    for pure in (False, True):
        chosen = Selection(step, pure).select()
        needed = {step.result, *(slot.write for slot in step.slots)}
        needed |= {operand for one in chosen.values() for operand in one.operands}
        assert set(chosen) == {index for index in needed if step.is_array(index)}
        for node, instruction in chosen.items():
            operands = [values[operand] for operand in instruction.operands]
            row = instruction.row
            if isinstance(row, Fusion):
                with np.errstate(all="ignore"):
                    result = fused(row, operands)
            else:
                result = applied(row, operands, segments)
            if np.all(np.isfinite(values[node])):
                assert close(result, values[node])


@pytest.mark.parametrize("name", rule_names())
def test_instructions_of_known_rules_compute_their_nodes(name: str) -> None:
    """By the table's definitions, fusions as their patterns read."""
    check(known_rule(name))


@settings(max_examples=150)
@given(programs(longest=12))
def test_instructions_of_random_programs_compute_their_nodes(program: Program) -> None:
    """Whatever the program."""
    check(program)


@settings(max_examples=150)
@given(programs(longest=12))
def test_what_is_overwritten_is_a_tensor_read_once(program: Program) -> None:
    """An operand that stands twice, a number or a value of another kind is never overwritten."""
    step, _ = step_and_inputs(program)
    selection = Selection(step, pure=False)
    for node, instruction in selection.select().items():
        for position in selection.overwritable(instruction):
            operand = instruction.operands[position]
            assert instruction.operands.count(operand) == 1
            assert not step.numbers[operand]
            assert step.nodes[operand].kind is step.nodes[node].kind
