"""Algebra leads to the program that a person would reach by hand."""

from dataclasses import replace

import pytest

from evosearch import Program, known_rule, lower, parse, rule_names, to_text
from evosearch.graph.structure import structure
from evosearch.simplification.check import Behaviour
from evosearch.simplification.rewriting import algebra
from tests.support.sampling import sampled


def simplified(program: Program) -> Program:
    """What algebra proposes, again until that is no shorter."""
    while True:
        proposal = algebra(program)
        assert proposal is not None
        if lower(proposal.program).size >= lower(program).size:
            return program
        program = proposal.program


CASES = {
    "an average in two products": (
        "def f(g, m, *, b=0.9): m = b * m + (1 - b) * g; return m, m",
        "def f(g, m, *, b=0.9): m = lerp(g, m, b); return m, m",
    ),
    "an average of an average's input": (
        "def f(g, m, *, a=0.9, b=0.5): m = lerp(g, lerp(g, m, a), b); return m, m",
        "def f(g, m, *, c=0.45): m = lerp(g, m, c); return m, m",
    ),
    "a root of a square": (
        "def f(g, v): v = lerp(square(g), v, 0.9); return g / sqrt(square(v)), v",
        "def f(g, v): v = lerp(square(g), v, 0.9); return g / v, v",
    ),
    "a sign in disguise": ("def f(g): return g / sqrt(g * g)", "def f(g): return sign(g)"),
    "a factor of the direction": ("def f(g): return tanh(g) * 3 / 4", "def f(g): return tanh(g)"),
    "a factor inside": ("def f(g): return sqrt(abs(2 * g)) * g", "def f(g): return sqrt(g) * g"),
    "a scaled state": (
        "def f(g, m): m = 0.9 * m + g; return sign(m), m",
        "def f(g, m): m = lerp(g, m, 0.9); return sign(m), m",
    ),
    "a state with a sign": (
        "def f(g, m): m = lerp(-g, m, 0.9); return tanh(-m), m",
        "def f(g, m): m = lerp(g, m, 0.9); return tanh(m), m",
    ),
    "Nesterov's momentum": (
        "def f(g, m): m = 0.9 * m + g; return g + 0.9 * m, m",
        "def f(g, m): m = lerp(g, m, 0.9); return lerp(g, m, 0.9), m",
    ),
    "a clip that never acts": (
        "def f(g): return min(max(tanh(g), -2), 3)",
        "def f(g): return tanh(g)",
    ),
    "a power taken apart": (
        "def f(g, t): return g / (1 - 0.9 ** t * 0.9)",
        "def f(g, t): return g / (1 - 0.9 ** (t + 1))",
    ),
    "a mask as a choice": (
        "def f(g, m): m = lerp(g, m, 0.9); return where(m * g > 0, m, 0) / 5, m",
        "def f(g, m): m = lerp(g, m, 0.9); return m * (m * g > 0), m",
    ),
    "a norm by hand": (
        "def f(g): return g / sqrt(sum(g * g) / numel())",
        "def f(g): return g / rms(g)",
    ),
    "factors of reductions": (
        "def f(g): return g / mean(abs(7 * g))",
        "def f(g): return g / mean(abs(g))",
    ),
}


@pytest.mark.parametrize("name", sampled(CASES, 3))
def test_what_a_person_would_write_is_found(name: str) -> None:
    """Up to other numbers of equal programs: as many statements and states, and the same rule."""
    before, wanted = (parse(text) for text in CASES[name])
    after = simplified(before)
    assert lower(after).size <= lower(wanted).size
    assert len(after.slots) == len(wanted.slots)
    one, other, original = (Behaviour(lower(p, bind=True)) for p in (after, wanted, before))
    assert one.factor_over(other) is not None
    assert one.factor_over(original) is not None


@pytest.mark.parametrize(
    "name", sampled((n for n in rule_names() if lower(known_rule(n)).size <= 12), 4)
)
def test_a_known_rule_keeps_its_size(name: str) -> None:
    """It was written by people; where it becomes shorter, it is the same rule."""
    rule = known_rule(name)
    after = simplified(rule)
    assert lower(after).size <= lower(rule).size
    one, other = (Behaviour(lower(p, bind=True)) for p in (after, rule))
    assert one.factor_over(other) is not None


def test_named_constants_hold_for_all_their_values() -> None:
    """A rule that was rewritten with named constants is the same rule at others, too."""
    before = parse("def f(g, m, *, b=0.9, c=2): m = b * m + (1 - b) * g; return c * m / c ** 3, m")
    after = simplified(before)
    assert lower(after).size < lower(before).size
    for beta in (0.0, 0.5, 0.99):
        changed = []
        for program in (before, after):
            constants = dict(program.hyperparameters) | {"b": beta}
            changed.append(parse(to(program, constants)))
        first, second = (Behaviour(lower(p, bind=True)) for p in changed)
        assert first.factor_over(second) is not None


def to(program: Program, constants: dict[str, float]) -> str:
    """The text of a program at other values of its constants."""
    known = dict(program.hyperparameters)
    values = tuple((name, constants[name]) for name in known)
    return to_text(replace(program, hyperparameters=values))


def test_a_rule_that_reads_the_learning_rate_keeps_its_factor() -> None:
    """For it would be told another learning rate."""
    reads = parse("def f(w, g, lr): return 3 * (g + lr * w)")
    assert lower(simplified(reads)).size == 3
    assert lower(simplified(parse("def f(w, g): return 3 * (g + 0.1 * w)"))).size <= 2


def test_no_constant_is_invented() -> None:
    """AdamW stays AdamW, with its three constants."""
    rule = known_rule("adamw")
    assert structure(simplified(rule)).digest == structure(rule).digest
