"""Proofs first, then what was watched; what vanishes stays and is told."""

import pytest

from evosearch import known_rule, lower, parse, simplify
from evosearch.graph.digest import digest
from evosearch.simplification.pipeline import simplify as by_stages
from evosearch.simplification.stages import simplify_exactly

TEXT = """
def f(g, m, v, t):
    m = lerp(clip(g, 1e6), m, 0.9)
    v = lerp(g * g, v, 0.99)
    return 3 * m / (sqrt(max(v, 1e-60)) * 1), m, v
"""


def test_stages_follow_each_other() -> None:
    """Each begins with the statements that the one before left, the factor is theirs together."""
    result = by_stages(parse(TEXT))
    wanted = (
        "def f(g, m, v): m = lerp(g, m, 0.9); v = lerp(g * g, v, 0.99); return m / sqrt(v), m, v"
    )
    assert digest(lower(result.after)) == digest(lower(parse(wanted)))
    assert result.factor == pytest.approx(3)
    stages = [step.stage for step in result.steps]
    assert stages.index("behaviour") == len(stages) - 1
    counts = [len(result.before.statements), *(step.after for step in result.steps)]
    assert [step.before for step in result.steps] == counts[:-1]


@pytest.mark.slow
def test_the_exact_part_can_be_had_alone() -> None:
    """It leaves the guards, and looks for nothing that vanishes."""
    exact = simplify(parse(TEXT), exact=True)
    assert exact == simplify_exactly(parse(TEXT))
    assert lower(exact.after).size > lower(by_stages(parse(TEXT)).after).size
    assert exact.first_steps is None


@pytest.mark.slow
def test_terms_that_vanish_stay() -> None:
    """Adam is left as it is; what it would be without its bias correction is told."""
    result = by_stages(known_rule("adam"))
    assert (result.after, result.steps) == (known_rule("adam"), ())
    assert result.first_steps is not None
    assert lower(result.first_steps.program).size < 12
    dropped = by_stages(known_rule("adam"), drop_vanishing=True)
    assert (dropped.after, dropped.first_steps) == (result.first_steps.program, None)
    assert dropped.steps[-1].rules == result.first_steps.what
