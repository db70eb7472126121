"""What is known of a program's text and constants makes it simpler."""

import pytest

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.graph.digest import digest
from evosearch.simplification.check import Behaviour
from evosearch.simplification.constants import canonical, joined, trivial_bound, values_used
from evosearch.simplification.proposal import Proposal, complexity, program_of


def text(*lines: str, constants: str = "") -> Program:
    """A program of `g`, `m`, `t` whose direction is `u`."""
    body = "\n".join(f"    {line}" for line in lines)
    star = f", *, {constants}" if constants else ""
    return parse(f"def f(g, m, t{star}):\n{body}\n    return u, m")


def proposed(proposal: Proposal | None) -> Program:
    assert proposal is not None
    assert proposal.why
    return proposal.program


def same(a: Program, b: Program) -> bool:
    return digest(lower(a, bind=True)) == digest(lower(b, bind=True))


def test_the_canonical_form_has_nothing_dead() -> None:
    """Nor anything twice; it is the same graph."""
    long = text("dead = exp(g)", "a = tanh(g)", "b = tanh(g)", "m = m + g", "u = a * b + 0 * dead")
    short = proposed(canonical(long))
    assert [s.primitive for s in short.statements] == ["tanh", "square"]
    assert not short.slots
    assert same(long, short)


@pytest.mark.parametrize("name", rule_names())
def test_the_canonical_form_of_a_known_rule_is_that_rule(name: str) -> None:
    """With the same constants."""
    rule = known_rule(name)
    form = proposed(canonical(rule))
    assert same(rule, form)
    assert set(form.hyperparameters) <= set(rule.hyperparameters)
    assert complexity(form)[:3] <= complexity(rule)[:3]


def test_constants_that_change_nothing_are_bound() -> None:
    """A decay rate of 0 leaves no state, a factor of 1 no product; others keep their names."""
    program = text("m = lerp(g, m, a)", "u = b * m / (c + 1)", constants="a=0, b=1, c=0.5")
    bound = proposed(trivial_bound(program))
    assert dict(bound.hyperparameters) == {"c": 0.5}
    assert not bound.slots
    assert same(bound, program)


def test_constants_that_occur_together_are_one() -> None:
    """Not where one of them has another use."""
    program = text(
        "u = (a * b) * g + m", "m = c * g ** (1 + d)", constants="a=2, b=3, c=0.1, d=1.5"
    )
    one = proposed(joined(program))
    assert sorted(dict(one.hyperparameters).values()) == [0.1, 2.5, 6.0]
    assert same(one, program)
    both = text("u = (a * b) * g + m", "m = a * g", constants="a=2, b=3")
    assert len(proposed(joined(both)).hyperparameters) == 2


def test_equal_constants_become_one_if_that_is_shorter() -> None:
    """`h * m` and `k * m` are one product where h and k are the same number."""
    program = text("u = tanh(h * m) * (k * m)", "m = lerp(g, m, b)", constants="h=3, k=3, b=0.9")
    shorter = proposed(values_used(program))
    assert lower(shorter).size < lower(program).size
    assert dict(shorter.hyperparameters)["b"] == 0.9
    assert same(shorter, program)


def test_a_constant_is_not_written_out_as_several() -> None:
    """RAdam computes four numbers of its beta2; it keeps it that way."""
    assert values_used(known_rule("radam")) is None
    assert values_used(text("u = exp(g)")) is None


def test_what_is_said_once_is_not_said_twice() -> None:
    """That h and k are equal is used; mu, which is in two places, is not made two numbers.

    Algebra would have it so: `g + mu * m` is an average with the weight mu / (1 + mu).
    """
    program = parse(
        """def f(g, w, m, *, mu=0.9, h=3, k=3):
    m = lerp(g, m, mu)
    return (g + mu * m) * tanh(h * w) / exp(k * w), m
"""
    )
    shorter = proposed(values_used(program))
    assert lower(shorter).size == lower(program).size - 1
    assert dict(shorter.hyperparameters) == {"mu": 0.9, "h": 3.0}
    assert same_function(shorter, program)
    (averaged,) = [s for s in shorter.statements if s.primitive == "lerp"]
    assert averaged.arguments[2] == "mu"


def same_function(a: Program, b: Program) -> bool:
    one, other = (Behaviour(lower(program, bind=True)) for program in (a, b))
    return one.factor_over(other) is not None


def test_rounding_is_taken_back() -> None:
    """What was one tenth, computed, is one tenth."""
    graph = lower(parse("def f(g, *, c=0.30000000000000004): return g * c + 1"))
    program = program_of(graph, parse("def other(g): return g"))
    assert program.hyperparameters == (("c", 0.3),)
    assert program.name == "other"
