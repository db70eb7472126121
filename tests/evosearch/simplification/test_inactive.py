"""What never acts goes; what acts stays; what vanishes is named, with its last step."""

from math import log

import pytest

from evosearch import Program, known_rule, lower, parse
from evosearch.graph.digest import digest
from evosearch.simplification.inactive import first_steps, without_inactive
from evosearch.simplification.result import FirstSteps, Simplified
from evosearch.simplification.watching import scenes
from tests.support.sampling import sampled


def behaviour(program: Program) -> Simplified:
    return without_inactive(program, scenes(lower(program)))


def vanishing(program: Program) -> FirstSteps | None:
    return first_steps(program, scenes(lower(program)))


def same(one: Program, text: str) -> bool:
    return digest(lower(one)) == digest(lower(parse(text)))


MOMENTUM = "def f(g, m): m = lerp(g, m, 0.9); return m, m"
IDLE = {
    "a clip far out": "def f(g, m): m = lerp(clip(g, 1e6), m, 0.9); return m, m",
    "a cap far out": "def f(g, m): m = lerp(min(g, 1e5), m, 0.9); return max(m, -1e5), m",
    "a saturation far out": "def f(g, m): m = lerp(g, m, 0.9); return tanh(m / 1e5) * 1e5, m",
    "a branch that is never taken": """
def f(g, m, v):
    m = lerp(g, m, 0.9)
    v = lerp(square(g), v, 0.5)
    return where(v > 1e9, g, m), m, v""",
    "a state that never matters": """
def f(g, m, z):
    z = lerp(abs(g), z, 0.99)
    m = lerp(g, m, 0.9)
    return m + max(z - 1e6, 0), m, z""",
}


@pytest.mark.parametrize("text", sampled(IDLE.values(), 3), ids=IDLE)
def test_what_never_acts_goes(text: str) -> None:
    """Momentum is left, and it is told what went and where it was watched."""
    result = behaviour(parse(text))
    assert same(result.after, MOMENTUM)
    step = result.steps[0]
    assert step.stage == "behaviour"
    assert step.rules
    assert "training on spirals" in step.why


ACTING = {
    "a clip within reach": "def f(g): return clip(g, 1)",
    "a cap within reach": "def f(g): return min(g, 0.5)",
    "a saturation": "def f(g): return tanh(g)",
    "a guard of a quotient": """
def f(g, v):
    v = lerp(square(g), v, 0.9)
    return g / (sqrt(v) + 1e-8), v""",
    "a state": MOMENTUM,
    "a guard for weights that are zero": ("def f(w, g): return where(norm(w), g * norm(w), g)"),
}


@pytest.mark.parametrize("text", sampled(ACTING.values(), 3), ids=ACTING)
def test_what_acts_stays(text: str) -> None:
    """If only on the probes, where gradients are small and large."""
    result = behaviour(parse(text))
    assert (result.after, result.steps) == (parse(text), ())


@pytest.mark.slow
def test_bias_correction_vanishes_when_its_power_does() -> None:
    """0.9 ** t is under a thousandth from step 66 on, 0.999 ** t only from 6905 on."""
    gone = vanishing(known_rule("adam"))
    assert gone is not None
    assert gone.steps == int(log(1e-3) / log(0.9))
    assert any("beta1 ** t" in what for what in gone.what)
    powers = [s.arguments[0] for s in gone.program.statements if s.primitive == "power"]
    assert powers == ["beta2"]


@pytest.mark.parametrize("name", sampled(["lion", "momentum", "sgd"], 3))
def test_nothing_vanishes_that_stays(name: str) -> None:
    """No term of these fades."""
    assert vanishing(known_rule(name)) is None


def test_a_state_that_is_soon_a_constant_vanishes() -> None:
    """It is zero in the first step alone."""
    gone = vanishing(parse("def f(g, m): return tanh(g + m), 0.5"))
    assert gone is not None
    assert gone.steps == 1
    assert same(gone.program, "def f(g): return tanh(g + 0.5)")


def test_a_warm_up_of_its_own_is_named() -> None:
    """The rule multiplies its direction by t / 20 until step 20."""
    gone = vanishing(parse("def f(g, t): return g * min(t / 20, 1)"))
    assert gone is not None
    assert gone.steps == 19
    assert same(gone.program, "def f(g): return g")
