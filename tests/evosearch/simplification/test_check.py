"""Two rules are the same if they do the same on both probes, up to a positive factor."""

import numpy as np
import pytest

from evosearch import lower, parse
from evosearch.graph.interpreter import Interpreter
from evosearch.screening.short_probe import SIZES, probe
from evosearch.simplification.check import Behaviour
from primitives import NumpySegments


def behaviour(text: str) -> Behaviour:
    return Behaviour(lower(parse(text), bind=True))


MOMENTUM = "def f(g, m): m = lerp(g, m, 0.9); return m, m"


def test_the_factor_makes_the_other_direction_into_this_one() -> None:
    """As the reference interpreter has it on some step."""
    texts = "def f(g, m): m = 0.9 * m + g; return 2 * m, m", MOMENTUM
    first, second = (behaviour(text) for text in texts)
    factor = first.factor_over(second)
    assert factor == pytest.approx(20.0)
    draw = np.random.Generator(np.random.Philox(key=1))
    gradient = draw.standard_normal(3)
    directions = [
        Interpreter(lower(parse(text)), NumpySegments((3,))).step(
            w=gradient, g=gradient, lr=0.1, t=1
        )
        for text in texts
    ]
    np.testing.assert_allclose(directions[0], factor * directions[1])


@pytest.mark.parametrize(
    "other",
    [
        "def f(g, m): m = lerp(g, m, 0.91); return m, m",
        "def f(g, m): m = lerp(g, m, 0.9); return -m, m",
        "def f(g, m): m = lerp(g, m, 0.9); return m + 1e-4, m",
        "def f(g, m): m = lerp(g, m, 0.9); return 0 * m, m",
        "def f(g, m): m = lerp(g, m, 0.9); return exp(exp(exp(exp(1 / m)))), m",
    ],
)
def test_other_rules_are_not_the_same(other: str) -> None:
    """Another constant, another sign, a small term; nothing to compare."""
    assert behaviour(MOMENTUM).factor_over(behaviour(other)) is None
    assert behaviour(other).factor_over(behaviour(MOMENTUM)) is None


def test_the_long_probe_is_compared_too() -> None:
    """A difference that shows after the short probe's last step only."""
    steps = len(probe().rates)
    late = f"def f(g, t): return where(t > {steps + 20}, 2 * g, g)"
    early = "def f(g): return g"
    a, b = behaviour(late), behaviour(early)
    assert a.fingerprint is not None
    assert b.fingerprint is not None
    assert np.array_equal(a.fingerprint.short, b.fingerprint.short)
    assert a.factor_over(b) is None
    assert len(SIZES) == 3


def test_a_count_is_time_only_where_time_skips_no_step() -> None:
    """The long probe's `t` does, and counts reach beyond what it may hide for both."""
    count, reads, other = (
        lower(parse(text))
        for text in (
            "def f(g, s): s = s + 1; return g / s, s",
            "def f(g, t): return g / t",
            "def f(g, t): return g / min(t, 100)",
        )
    )
    assert Behaviour(count).factor_over(Behaviour(reads)) is None
    counting = Behaviour(count, counting=True)
    assert counting.factor_over(Behaviour(reads, counting=True)) == 1.0
    assert counting.factor_over(Behaviour(other, counting=True)) is None
