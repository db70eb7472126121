"""Unrolled over a whole trajectory, a rule does what it does step by step."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from evosearch import Graph, Program, known_rule, lower, rule_names
from evosearch.graph.interpreter import Interpreter
from evosearch.screening.short_probe import probe
from evosearch.screening.trajectory import Inputs, follow
from primitives import NumpySegments
from tests.support.random_programs import programs
from tests.support.state_order_programs import TRICKY


def step_by_step(graph: Graph, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """The reference interpreter's directions, and the largest state after each step."""
    interpreter = Interpreter(graph, inputs.segments)
    directions, largest = [], []
    for t, (w, g, (rate,)) in enumerate(
        zip(inputs.weights, inputs.gradients, inputs.rates, strict=True), start=1
    ):
        directions.append(interpreter.step(w=w, g=g, lr=float(rate), t=t))
        states = [np.max(np.abs(state)) for state in interpreter.states.values()]
        largest.append(np.max(states, initial=0.0))
    return np.stack(directions), np.array(largest)


def check(program: Program, inputs: Inputs) -> None:
    graph = lower(program, bind=True)
    inputs = replace(inputs, watched=None)
    with np.errstate(all="ignore"):
        expected = step_by_step(graph, inputs)
        found = follow(graph, inputs)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        # Numpy may round an element differently in a longer array.
        scale = np.max(np.abs(other), where=np.isfinite(other), initial=0.0)
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("name", rule_names())
def test_known_rules_are_followed(name: str) -> None:
    """Directions and the size of states are the interpreter's, at every step of the probe."""
    check(known_rule(name), probe())


@pytest.mark.parametrize("name", TRICKY)
def test_states_are_read_before_they_are_written(name: str) -> None:
    """States that swap, rotate, lag or are read late keep their meaning."""
    check(TRICKY[name], probe())


@settings(max_examples=150)
@given(programs())
def test_random_programs_are_followed(program: Program) -> None:
    """So do states of every kind, reductions of all sorts, and values that no state reaches."""
    check(program, probe())


def test_any_number_of_steps_and_tensors_will_do() -> None:
    """One step of one element, and more of more, are followed alike."""
    draw = np.random.default_rng(0)
    for steps, sizes in ((1, (1,)), (2, (3, 1)), (20, (2, 5, 4))):
        total = sum(sizes)
        inputs = Inputs(
            NumpySegments(sizes),
            draw.standard_normal((steps, total)),
            draw.standard_normal((steps, total)),
            np.full((steps, 1), 0.1),
        )
        for name in ("adamw", "lion_l2", "nadam", "sgd"):
            check(known_rule(name), inputs)
