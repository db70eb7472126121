"""An optimizer's whole step is the rule's direction, rate and decay, whatever was moved about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.export.pytorch.step import WEIGHT_DECAY, Step, step_of, value_of
from evosearch.graph.value_ranges import hyperparameter_domains, ranges
from evosearch.language.printer import to_text
from primitives import Kind, NumpySegments
from tests.support.random_programs import programs
from tests.support.step_execution import values_of

SIZES = (1, 4, 6)
_DRAW = np.random.default_rng(3)
W, G = _DRAW.standard_normal((2, sum(SIZES)))
RATE, DECAY = 0.03, 0.2


def step_and_inputs(program: Program) -> tuple[Step, dict[str, Any]]:
    graph = lower(program)
    draw = np.random.default_rng(4)
    states = {
        slot.name: draw.uniform(0.1, 2.0, sum(SIZES) if slot.kind is Kind.TENSOR else 1)
        for slot in graph.slots
    }
    given_values = {"w": W, "g": G, "lr": np.float64(RATE), "t": np.float64(8)}
    return (
        step_of(graph, ranges(graph, hyperparameter_domains(graph))),
        given_values | states | {WEIGHT_DECAY: DECAY},
    )


def close(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-12))


def check(program: Program) -> bool:
    """Whether the step is what the rule's formula gives; False where rounding decides that."""
    step, inputs = step_and_inputs(program)
    graph, segments = lower(program), NumpySegments(SIZES)
    rule = values_of(graph.nodes, inputs, segments)
    if not all(np.all(np.abs(value) < 1e12) for value in rule):
        return False
    # A mask on its edge, or a difference of what is equal, is decided by rounding.
    nudged = values_of(graph.nodes, inputs | {"w": W * (1 + 1e-13), "g": G * (1 - 1e-13)}, segments)
    if not all(close(a, b) for a, b in zip(rule, nudged, strict=True)):
        return False
    whole = values_of(step.nodes, inputs, segments)
    expected = (1 - RATE * DECAY) * W - RATE * rule[graph.direction]
    assert close(whole[step.result], expected), to_text(program)
    for slot, other in zip(step.slots, graph.slots, strict=True):
        assert slot.name == other.name
        assert close(whole[slot.write], rule[other.write])
    return True


@pytest.mark.parametrize("name", rule_names())
def test_known_rules(name: str) -> None:
    """With states as they are in the midst of training."""
    assert check(known_rule(name))


@settings(max_examples=200)
@given(programs(longest=10))
def test_random_programs(program: Program) -> None:
    """Any program of the language, guards, kinds and all."""
    assume(check(program))


def test_factors_join_the_learning_rate() -> None:
    """The bias correction of momentum is a number, so no pass over memory is spent on it."""
    step, _ = step_and_inputs(
        parse("def f(g, m, t, *, b=0.9):\n    m = lerp(g, m, b)\n    return m / (1 - b ** t), m")
    )
    passes = [i for i, node in enumerate(step.nodes) if node.row and not step.numbers[i]]
    assert [step.nodes[i].op for i in passes].count("divide") == 0
    assert len(passes) == 4  # lerp, and for the parameter decay, times the rate, sum


def test_leaves_and_numbers() -> None:
    """What a node depends on, and whether on numbers alone."""
    step, _ = step_and_inputs(
        parse("def f(g, m, t, *, b=0.9):\n    m = lerp(g, m, b ** t)\n    return m, m")
    )
    (power,) = (i for i, node in enumerate(step.nodes) if node.op == "power")
    (lerp,) = (i for i, node in enumerate(step.nodes) if node.op == "lerp")
    assert step.numbers[power]
    assert not step.numbers[lerp]
    assert step.leaves[power] == {"t"}
    assert step.leaves[lerp] == {"g", "m", "t"}
    assert step.is_own(lerp)
    assert step.is_array(lerp)


def test_a_value_moves_nothing() -> None:
    """What is only computed has no decay and no slots."""
    graph = lower(parse("def f(g):\n    return tanh(g)"))
    step = value_of(graph, ranges(graph))
    assert not step.moves
    assert step.slots == ()
    assert step.nodes[step.result].op == "tanh"
