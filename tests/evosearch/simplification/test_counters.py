"""States that count steps become formulas of `t`, where that can be proven."""

from __future__ import annotations

import numpy as np
import pytest

from evosearch import Program, lower, parse
from evosearch.graph.interpreter import Interpreter
from evosearch.simplification.counters import states_counted
from evosearch.simplification.stages import simplify_exactly as simplify
from primitives import NumpySegments

_STEPS = 500


def directions(program: Program) -> list[float]:
    """What a program does to one number while `t` counts as in training."""
    interpreter = Interpreter(lower(program, bind=True), NumpySegments((1,)))
    draw = np.random.default_rng(3)
    return [
        float(interpreter.step(w=np.ones(1), g=draw.standard_normal(1), lr=0.1, t=step)[0])
        for step in range(1, _STEPS + 1)
    ]


@pytest.mark.parametrize(
    ("state", "result", "formula"),
    [
        ("s = s + 1", "m / (1 - b**s)", "t"),
        ("old = s; s = s + 1", "m * old + g", "t"),
        ("s = s + 0.25", "m / (1 + s)", "0.25 times t"),
        ("s = lerp(1, s, b)", "m / s", "1 - b ** t"),
        ("s = b * s + (1 - b)", "m / s", "1 - b ** t"),
        ("s = 0.8 * s + 0.6", "m / s", "3 times 1 - 0.8 ** t"),
    ],
)
def test_a_count_becomes_time(state: str, result: str, formula: str) -> None:
    """The state is gone, and over hundreds of steps of training nothing changes."""
    program = parse(f"def f(g, m, s, *, b=0.9): {state}; m = lerp(g, m, b); return {result}, m, s")
    proposal = states_counted(program)
    assert proposal is not None
    assert proposal.why.startswith(f"s is always {formula}: ")
    assert proposal.program.slots == ("m",)
    before, after = directions(program), directions(proposal.program)
    factor = before[0] / after[0]
    assert factor > 0
    np.testing.assert_allclose(before, np.multiply(after, factor), rtol=1e-9)


@pytest.mark.parametrize(
    "body",
    [
        # A count only on the short probe.
        "s = min(s + 1, 100); return g * s, s",
        "s = where(t > 50, s, s + 1); return g * s, s",
        "s = lerp(1, s, where(t > 50, 0.5, 0.9)); return g * s, s",
        # What counts something else, or grows otherwise.
        "s = s + abs(sign(sum(g))); return g * s, s",
        "s = 2 * s + 1; return g * s, s",
        "s = s + t; return g * s, s",
        # What is counted in steps that no constant of the program is.
        "s = s - b; return g * exp(s), s",
        "s = lerp(g, s, 0.9); return s, s",
        "return g",
    ],
)
def test_others_stay(body: str) -> None:
    signature = "g, s, t, *, b=0.9" if " s" in body else "g"
    assert states_counted(parse(f"def f({signature}): {body}")) is None


@pytest.mark.slow
def test_of_two_states_the_one_goes_with_which_most_is_gained() -> None:
    """An average of ones is one statement, one minus a power two; a count is one, `t` none."""
    program = parse(
        """def f(g, m, ones, s, *, b=0.9, c=0.99):
    ones = lerp(1, ones, b)
    s = s + 1
    m = lerp(g, m, b)
    return m / ones / sqrt(1 - c**s), m, ones, s
"""
    )
    proposal = states_counted(program)
    assert proposal is not None
    assert proposal.program.slots == ("m", "ones")


@pytest.mark.slow
def test_simplification_reads_time() -> None:
    """Where that is shorter, which for an average of ones alone it is not."""
    counted = simplify(parse("def f(g, m, s): s = s + 1; m = m + g; return 2 * m / sqrt(s), m, s"))
    assert counted.counting
    assert counted.factor == 2.0
    assert counted.after.inputs == ("g", "m", "t")
    assert [step.stage for step in counted.steps].count("steps counted") == 1
    ones = parse("def f(g, m, s): m = lerp(g, m, 0.9); s = lerp(1, s, 0.9); return m / s, m, s")
    kept = simplify(ones)
    assert not kept.counting
    assert kept.after.slots == ("m", "s")
    assert not kept.dropped
