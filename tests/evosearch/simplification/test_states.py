"""States that are always a multiple of another go, where that can be proven."""

import pytest

from evosearch import lower, parse
from evosearch.simplification.check import Behaviour
from evosearch.simplification.states import states_merged


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "def f(g, m, n): m = lerp(g, m, 0.9); n = 0.9 * n + 0.3 * g; return sign(m) + n, m, n",
            "n is always 3 times m",
        ),
        (
            "def f(g, a, b): a = a + g; b = b - g; return tanh(a) - b * abs(b), a, b",
            "b is always -1 times a",
        ),
        (
            "def f(g, v, u, *, c=0.99):\n"
            "    v = lerp(square(g), v, c); u = c * u + (1 - c) * g * g\n"
            "    return g / sqrt(v) + g / u, v, u",
            "u is always v",
        ),
    ],
)
def test_a_multiple_is_merged(text: str, why: str) -> None:
    """One state is left, the rule is the same, and it is said of which state and how often."""
    program = parse(text)
    proposal = states_merged(program)
    assert proposal is not None
    assert proposal.why.startswith(why)
    assert len(lower(proposal.program).slots) == 1
    before, after = (Behaviour(lower(p, bind=True)) for p in (program, proposal.program))
    assert before.factor_over(after) is not None


@pytest.mark.parametrize(
    "text",
    [
        # Equal on the short probe, not later.
        "def f(g, t, a, b): a = a + g; b = where(t > 50, b, b + g); return tanh(a) + b, a, b",
        # Equal up to the step in which the gradient is zero.
        "def f(g, a, b): a = lerp(g, a, 0.9); b = lerp(g, b, 0.9001); return tanh(a) + b, a, b",
        "def f(g, m): m = lerp(g, m, 0.9); return m, m",
        "def f(g): return g",
    ],
)
def test_others_stay(text: str) -> None:
    """What is equal for some steps only, what is nearly so, and what has no other state."""
    assert states_merged(parse(text)) is None
