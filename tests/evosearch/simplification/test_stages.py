"""Stages are gone through until none finds more; what does not hold on the probes is dropped."""

import random
from dataclasses import replace
from functools import partial

import pytest

from evosearch import known_rule, lower, parse, rule_names
from evosearch.api import programs as api
from evosearch.graph.digest import digest
from evosearch.simplification.check import Behaviour
from evosearch.simplification.proposal import Proposal
from evosearch.simplification.stages import EXACT, Stage
from evosearch.simplification.stages import simplify_exactly as by_stages
from tests.support.respellings import disguise
from tests.support.sampling import sampled

simplify = partial(api.simplify, exact=True)

FOUND = """
def found(g, m, v, t, *, beta1=0.0, beta2=0.999, x1=3.0, eps=1e-8):
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    dead = exp(v)
    return lerp(g, 0, beta1) / (1 - beta1 ** t) / (sqrt(v / (1 - beta2 ** t)) + eps) / x1, m, v
"""


def test_what_a_search_prints_becomes_readable() -> None:
    """The example of a reader who could not tell that it is RMSProp with bias correction."""
    result = simplify(parse(FOUND))
    wanted = parse(
        "def f(g, v, t, *, beta2=0.999, eps=1e-8): v = lerp(square(g), v, beta2); "
        "return g / (sqrt(v / (1 - beta2 ** t)) + eps), v"
    )
    assert digest(lower(result.after, bind=True)) == digest(lower(wanted, bind=True))
    assert dict(result.after.hyperparameters) == {"beta2": 0.999, "eps": 1e-8}
    assert result.factor == pytest.approx(1 / 3)
    assert result.dropped == ()


def test_steps_follow_each_other() -> None:
    """Each begins with the statements that the one before left, and none adds any."""
    result = simplify(parse(FOUND))
    counts = [len(result.before.statements), *(step.after for step in result.steps)]
    assert [step.before for step in result.steps] == counts[:-1]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == len(result.after.statements)
    assert all(step.why for step in result.steps)
    names = {stage.name for stage in EXACT}
    assert {step.stage for step in result.steps} <= names
    (algebra,) = [step for step in result.steps if step.stage == "algebra"]
    assert "0 ** x -> 0 if nonzero(x)" in algebra.rules


@pytest.mark.slow
def test_what_differs_on_the_probes_is_dropped() -> None:
    """And counted, and other stages go on from what was there."""
    wrong = Stage("wrong", lambda _: Proposal(parse("def f(g): return g"), "it is not"))
    result = by_stages(parse(FOUND), (wrong, *EXACT))
    assert set(result.dropped) == {"wrong"}
    assert digest(lower(result.after)) == digest(lower(simplify(parse(FOUND)).after))
    assert all(step.stage != "wrong" for step in result.steps)


def test_a_rule_that_cannot_be_compared_stays() -> None:
    """Its direction is not finite on the probe, so that no step can be checked."""
    program = parse("def f(g, m): m = exp(exp(m + g + 9)); return 2 * m / 3, m")
    result = simplify(program)
    assert result.after == program
    assert result.dropped


def test_a_program_that_is_simple_stays_as_it_is_written() -> None:
    """With its names."""
    result = simplify("lion")
    assert (result.after, result.factor, result.steps) == (known_rule("lion"), 1.0, ())


SMALL = [name for name in rule_names() if lower(known_rule(name)).size <= 6]


@pytest.mark.parametrize("name", sampled(SMALL, 4))
def test_a_disguised_rule_is_as_small_as_it_was(name: str) -> None:
    """After a chain of steps that keep its meaning; and it does the same."""
    rule = known_rule(name)
    result = simplify(disguise(rule, random.Random(f"simplify {name}"), longest=6))
    assert lower(result.after).size <= lower(rule).size
    assert len(lower(result.after).slots) <= len(lower(rule).slots)
    one, other = (Behaviour(lower(p, bind=True)) for p in (rule, result.after))
    assert one.factor_over(other) is not None


@pytest.mark.slow
def test_the_same_program_gives_the_same_result() -> None:
    """Steps and all, as limits are counts."""
    program = replace(parse(FOUND), doc="")
    assert simplify(program) == simplify(program)


def test_a_stage_that_reads_time_is_checked_as_training_counts() -> None:
    """What is the same there only is accepted of it alone; and what is not the same, of none."""
    count = parse("def f(g, s): s = s + 1; return tanh(g / s), s")
    time, wrong = (parse(f"def f(g, t): return tanh(g / {u})") for u in ("t", "min(t, 100)"))
    for proposed, reads_time, accepted in (
        (time, True, True),
        (time, False, False),
        (wrong, True, False),
    ):
        proposal = Proposal(proposed, "it is so")
        stage = Stage("time", lambda _, given=proposal: given, reads_time)  # type: ignore[misc]
        result = by_stages(count, (stage,))
        assert result.counting is accepted
        assert result.after == (proposed if accepted else count)
        assert result.dropped == (() if accepted else ("time",))


def test_after_time_is_read_results_are_compared_with_that() -> None:
    """On the probe whose `t` skips, the program that counts is not the same as what comes of it."""
    count = parse("def f(g, s): s = s + 1; return 2 * sinh(3 * g / s), s")
    time, half = (parse(f"def f(g, t): return {u}sinh(3 * g / t)") for u in ("2 * ", ""))
    stages = (
        Stage("time", lambda one: Proposal(time, "so") if one is count else None, reads_time=True),
        Stage("half", lambda one: Proposal(half, "so") if one is time else None),
    )
    result = by_stages(count, stages)
    assert (result.after, result.dropped) == (half, ())
    assert result.factor == 2.0
