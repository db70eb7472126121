"""Batched updates of several replicas against the reference interpreter, one replica at a time."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.graph.interpreter import Interpreter
from evosearch.screening.contender import plan
from primitives import Kind, NumpySegments
from tests.support import random_programs as programs
from tests.support.direction_runners import WAYS, Directions

Array = NDArray[np.float64]

SIZES = (12, 7, 1)
STEPS = 12
ZERO_STEP, SPARSE_STEP = 4, 6
RATES = (0.1, 0.003, 1.0)

HAND_WRITTEN = {
    program.name: program
    for program in map(
        parse,
        (
            """
def scalar_slot(g, lr, s, t):
    s = s + lr * t
    return g * s, s
""",
            """
def scalar_and_leaf_slots(g, lr, t, s, l, m):
    s = lerp(s, lr, 0.3)
    l = lerp(l, norm(g), s)
    m = lerp(m, g, 0.1)
    return m / (l + s) + sign(g) * s ** 0.5, s, l, m
""",
            """
def slots_wider_than_what_is_written(g, l, m, lr):
    u = g * l + m
    l = lr * 2
    m = rms(g)
    return u, l, m
""",
            """
def weights_of_the_step_before(w, g, last):
    moved = w - last
    return g + 0.5 * moved, w
""",
            """
def gradient_of_the_step_before(g, last, older):
    return g + 0.5 * last + 0.25 * older, g, last
""",
            """
def slots_that_change_places(g, a, b):
    a = a + g
    return a + 0.5 * b, b, a
""",
            """
def guarded(w, g, m):
    a = g / m
    m = lerp(m, g, 0.5)
    b = m / max(g, 0)
    c = reciprocal(min(g, 0)) + log(g) + sqrt(g) + g ** 1.5 + g ** -0.7
    return tanh(a) + tanh(b) + tanh(c) + cosine_sim(w, max(g, 0)), m
""",
            """
def schedule_of_its_own(g, lr, t, m):
    beta = 1 - 1 / (t + 1)
    m = lerp(g, m, beta)
    warm = min(1, t / 5) * exp(-lr)
    return where(t > 3, m, g) * warm * lr, m
""",
            """
def trust_ratio(w, g, lr):
    ratio = norm(w) / norm(g)
    return g * ratio + mean(w * g) * w + lr * dot(w, g)
""",
            """
def reductions_of_smaller_kinds(g, lr, t, l):
    l = l + mean(g)
    return g * sum(l) + rms(lr) + norm(t) * g + dot(l, g), l
""",
            """
def scalar_direction(g, lr, t, s):
    s = s + t
    return s * lr, s
""",
            """
def leaf_direction(g):
    return mean(g) - 2 * rms(g)
""",
        ),
    )
}
PROGRAMS = {name: known_rule(name) for name in rule_names()} | HAND_WRITTEN


def gradients_of(replica: int) -> Array:
    """`[STEPS, D]`; one step is all zero, one mostly."""
    draw = np.random.default_rng(100 + replica)
    scale = np.repeat([0.02, 1.0, 30.0], SIZES)
    found: Array = scale * draw.standard_normal((STEPS, sum(SIZES)))
    found[ZERO_STEP - 1] = 0
    found[SPARSE_STEP - 1] *= np.arange(sum(SIZES)) % 5 == 1
    return found


def starts_of(replica: int) -> Array:
    return np.random.default_rng(replica).standard_normal(sum(SIZES))


def schedule(rates: tuple[float, ...]) -> Array:
    """`[STEPS, k]`"""
    return np.outer(1 - np.arange(STEPS) / STEPS, rates)


def by_interpreter(program: Program, replica: int, rate: float) -> list[Array]:
    """The directions `[D]` of one replica, its weights moving along them."""
    interpreter = Interpreter(lower(program, bind=True), NumpySegments(SIZES))
    weights, rates = starts_of(replica), schedule((rate,))[:, 0]
    directions = []
    for t, gradient in enumerate(gradients_of(replica), start=1):
        directions.append(interpreter.step(w=weights, g=gradient, lr=rates[t - 1], t=t))
        weights = weights - 0.01 * directions[-1]
    return directions


def by_updater(
    way: Callable[..., Directions], program: Program, rates: tuple[float, ...]
) -> list[Array]:
    """The directions `[k, D]`, the weights changing in place as the trainer's do."""
    updater = way(plan(lower(program, bind=True)), SIZES, schedule(rates), torch.float64)
    weights = torch.tensor(np.stack([starts_of(replica) for replica in range(len(rates))]))
    gradients = torch.tensor(np.stack([gradients_of(replica) for replica in range(len(rates))]))
    directions = []
    for t in range(1, STEPS + 1):
        direction = updater.direction(t, weights, gradients[:, t - 1])
        directions.append(direction.numpy())
        weights.sub_(0.01 * direction)
    return directions


every_way = pytest.mark.parametrize("way", WAYS)


@pytest.mark.parametrize("rates", [RATES, RATES[:1]], ids=["three replicas", "one replica"])
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@every_way
def test_updater_agrees_with_the_interpreter(
    way: Callable[..., Directions], program: Program, rates: tuple[float, ...]
) -> None:
    """Replicas that differ in rate, weights and gradients each get the direction of their own."""
    batched = by_updater(way, program, rates)
    for replica, rate in enumerate(rates):
        for t, expected in enumerate(by_interpreter(program, replica, rate), start=1):
            assert np.isfinite(expected).all()
            np.testing.assert_allclose(
                batched[t - 1][replica],
                expected,
                rtol=1e-12,
                atol=1e-12 * np.abs(expected).max(),
                err_msg=f"replica {replica}, step {t}",
            )


def test_hand_written_programs_have_slots_of_every_kind_and_read_every_input() -> None:
    """The programs above exercise what they are there for; none is simplified away."""
    graphs = [lower(program, bind=True) for program in HAND_WRITTEN.values()]
    assert {slot.kind for graph in graphs for slot in graph.slots} == set(Kind)
    assert {label for graph in graphs for label in graph.labels("input")} == set("wgt") | {"lr"}
    steps = [step for graph in graphs for step in plan(graph).steps]
    assert {"divide", "reciprocal", "log", "sqrt", "power"} <= {s.op for s in steps if s.guarded}


@every_way
@given(programs.programs(), st.integers(0, 1000))
def test_updater_agrees_on_random_programs(
    way: Callable[..., Directions], program: Program, seed: int
) -> None:
    """Any valid program gets the interpreter's directions, as far as rounding leaves them."""
    given_steps = programs.steps_of(seed)
    assume(programs.well_conditioned(program, given_steps) is not None)
    graph = lower(program, bind=True)
    rates = np.array([[given.lr] for given in given_steps])
    interpreter = Interpreter(graph, NumpySegments(programs.SIZES))
    updater = way(plan(graph), programs.SIZES, rates, torch.float64)
    for given_step in given_steps:
        w, g = np.array(given_step.w), np.array(given_step.g)
        expected = interpreter.step(w=w, g=g, lr=given_step.lr, t=given_step.t)
        weights, gradient = torch.from_numpy(w)[None], torch.from_numpy(g)[None]
        found = updater.direction(given_step.t, weights, gradient)
        assert programs.close(found[0].tolist(), expected.tolist(), 1e-7)
