"""Which rule a program is taken for: the relations, the strongest first."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.recognition.recognition import (
    CONTAINS,
    EQUAL,
    IDENTICAL,
    NEAREST,
    VARIANT,
    Recognition,
    recognise,
)
from tests.support.respellings import disguise

ALIASES = {"adam": "adamw"}
"""A rule that is the same as another, which is named."""


def of(text: str) -> Recognition:
    return recognise(parse(text))


@pytest.mark.parametrize("name", rule_names())
def test_a_known_rule_is_identical_to_itself(name: str) -> None:
    """As it is written, and in other words that keep its meaning."""
    rule = known_rule(name)
    for program in (rule, disguise(rule, random.Random(f"recognise {name}"))):
        recognised = recognise(program)
        assert (recognised.rule, recognised.relation) == (ALIASES.get(name, name), IDENTICAL)
        assert recognised.constants == dict(rule.hyperparameters)
        assert recognised.distance == 0


def test_a_factor_is_told() -> None:
    """A moving average is momentum, times one minus its decay."""
    recognised = of("def f(g, m): m = 0.1 * g + 0.9 * m; return m, m")
    assert (recognised.rule, recognised.relation) == ("momentum", IDENTICAL)
    assert recognised.detail == "times 0.1"


def test_a_multiple_of_a_rule_with_other_constants() -> None:
    """Is no rule with something to it, but that rule."""
    recognised = of("def f(g, m, *, b=0.77): m = lerp(g, m, b); return 3 * sign(m), m")
    assert (recognised.rule, recognised.relation) == ("signum", EQUAL)
    assert (recognised.constants, recognised.detail) == ({"beta": 0.77}, "times 3")


@pytest.mark.parametrize(
    ("text", "rule", "constants"),
    [
        # The same structure.
        (
            "def f(g, m, *, b=0.9, c=0.998): u = sign(lerp(g, m, b)); return u, lerp(g, m, c)",
            "lion",
            {"beta1": 0.9, "beta2": 0.998},
        ),
        # In other words, whose numbers are the constants or one minus them.
        (
            "def f(g, m): return sign(0.1 * g + 0.9 * m), lerp(m, g, 0.002)",
            "lion",
            {"beta1": 0.9, "beta2": 0.998},
        ),
        # In no number of the program: 7 to 1 is 0.875.
        (
            "def f(g, m): return sign(0.1 * g + 0.7 * m), m + 0.03 * (g - m)",
            "lion",
            {"beta1": 0.875, "beta2": 0.97},
        ),
        # Least squares: an average with weights 0.2 and 3, scaled by 3.2, and an epsilon scaled.
        (
            "def f(g, v): v = v * 0.9375 + square(2 * g) / 64; return g / (sqrt(v) + 0.03), v",
            "rmsprop",
            {"alpha": 0.9375, "eps": 0.03},
        ),
        # Without an epsilon, and without a first average.
        (
            "def f(g, v, t): v = lerp(square(g), v, 0.94); return g / sqrt(v / (1 - 0.94**t)), v",
            "adamw",
            {"beta1": 0.0, "beta2": 0.94, "eps": 0.0},
        ),
        # Simpler rules win over those that contain them.
        (
            "def f(g, m, *, a=0.95): u = sign(lerp(g, m, a)); return u, lerp(g, m, a)",
            "signum",
            {"beta": 0.95},
        ),
        ("def f(g, m): m = sign(0.55) * g + m * 0.77; return 3 * m, m", "momentum", {"mu": 0.77}),
    ],
)
def test_a_rule_with_other_constants(text: str, rule: str, constants: dict[str, float]) -> None:
    """By structure or by behaviour; the constants are those that a person works out."""
    recognised = of(text)
    assert (recognised.rule, recognised.relation) == (rule, EQUAL)
    assert recognised.constants == pytest.approx(constants, rel=1e-6, abs=1e-12)
    assert recognised.distance is not None
    assert recognised.distance < 1e-6


@pytest.mark.parametrize("name", ["adamw", "adagrad", "lamb", "cautious_lion", "ademamix", "yogi"])
def test_perturbed_and_disguised_rules(name: str) -> None:
    """`scripts/study_recognition.py` does this with all rules, many times."""
    rule = known_rule(name)
    moved = {label: value * 0.85 for label, value in rule.hyperparameters}
    program = replace(rule, hyperparameters=tuple(moved.items()))
    recognised = recognise(disguise(program, random.Random(f"moved {name}")))
    assert (recognised.rule, recognised.relation) == (name, EQUAL)
    assert recognised.constants == pytest.approx(moved, rel=1e-6)


def test_a_degenerate_rule_is_called_what_it_is() -> None:
    """Momentum of nothing is SGD, and AdEMAMix without its slow mean is AdamW."""
    assert of("def f(g, m, *, mu=0): m = mu * m + g; return m, m").rule == "sgd"
    rule = known_rule("ademamix")
    constants = dict(rule.hyperparameters) | {"alpha": 0.0, "beta1": 0.8}
    recognised = recognise(replace(rule, hyperparameters=tuple(constants.items())))
    assert (recognised.rule, recognised.relation) == ("adamw", EQUAL)
    assert recognised.constants == pytest.approx({"beta1": 0.8, "beta2": 0.999, "eps": 1e-8})


def test_a_rule_with_a_term_to_it() -> None:
    """Named with its constants, and what is made of it; the term leaves something unexplained."""
    recognised = of(
        "def f(w, g, m, *, b=0.85): m = lerp(g, m, b); return sign(m) + 0.1 * sign(w), m"
    )
    assert (recognised.rule, recognised.relation) == ("signum", CONTAINS)
    assert recognised.constants == {"beta": 0.85}
    assert recognised.detail == "update = signum + sign(w) * 0.1"
    # Two vectors of signs: a tenth of the other, where the two are hardly correlated.
    assert recognised.distance == pytest.approx(0.1, abs=0.02)


def test_the_nearest_of_others() -> None:
    """At fitted constants; the operations that differ are told if they are few."""
    recognised = of("def f(g): return tanh(g)")
    assert (recognised.rule, recognised.relation) == ("sgd", NEAREST)
    assert recognised.detail == "with tanh"
    assert recognised.distance is not None
    assert 0.001 < recognised.distance < 0.5
    recognised = of("def f(g, v): v = v + abs(cube(g)); return g / (cbrt(v) + 1e-9), v")
    assert (recognised.rule, recognised.relation) == ("adagrad", NEAREST)
    assert recognised.detail == ""


def test_nearest_is_said_at_usual_constants_only() -> None:
    """The find of the README's quick search is no AdEMAMix whose slow mean is fast.

    Momentum with an epsilon of 1000 is no AdaMax either.
    """
    text = """def rule_20(g, m, v, t, *, beta1=0.64, beta2=0.996133, eps=4.366e-09):
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    return m / ({} + beta1 ** t) / (sqrt(v / (1 - beta2 ** t)) + eps), m, v
"""
    recognised = of(text.format(1))
    assert (recognised.rule, recognised.relation) == ("adamw", VARIANT)
    assert recognised.constants == {"beta1": 0.64, "beta2": 0.996133, "eps": 4.366e-09}
    assert recognised.detail == "beta1 ** t + 1 in place of 1 - beta1 ** t"
    recognised = of("def f(g, m, t): m = lerp(g, m, 0.8); return m / t, m")
    for value, usual in recognised.constants.items():
        assert 0 <= usual < 1e3, value


def test_a_rule_that_idles_is_not_what_a_program_is() -> None:
    """RAdam with a beta2 of 0 never rectifies; it is the corrected average, and 33 statements."""
    recognised = of("def f(g, m, t): m = lerp(g, m, 0.8); return m / (1 - 0.8**t), m")
    assert (recognised.rule, recognised.relation) == ("momentum", NEAREST)


def test_the_rule_is_named_that_shares_more() -> None:
    """AdamW inside a cube root is contained; inside it, its average of signs is a variant."""
    text = """def f(g, m, v, t):
    m = lerp({}, m, 0.8)
    v = lerp(square(g), v, 0.99)
    return {}(m / (1 - 0.8**t) / (sqrt(v / (1 - 0.99**t)) + 1e-8)), m, v
"""
    contained, varied = of(text.format("g", "cbrt")), of(text.format("sign(g)", ""))
    assert (contained.relation, contained.detail) == (CONTAINS, "update = cbrt(adamw)")
    assert (varied.relation, varied.rule) == (VARIANT, "adamw")
    assert varied.detail == "lerp(sign(g), m, beta1) in place of lerp(g, m, beta1)"
    assert varied.distance is not None
    assert 0.1 < varied.distance <= 1


@pytest.mark.parametrize("text", ["def f(g): return 0 * g", "def f(g): return exp(1e9 * g)"])
def test_what_moves_nowhere_or_everywhere_is_near_nothing(text: str) -> None:
    """The direction is zero, or infinite on the probes."""
    recognised = of(text)
    assert (recognised.rule, recognised.relation) == (None, NEAREST)
    assert recognised.distance is None
    assert recognised.constants == {}


def test_the_same_program_is_always_recognised_alike() -> None:
    """Draws are by key; a graph is as good as a program, under any names."""
    text = "def f(g, m): return m * cbrt(g) + 0.3 * g, lerp(g, m, 0.4)"
    program: Program = parse(text)
    first = recognise(program)
    assert recognise(parse(text.replace("m", "n"))) == first
    assert recognise(lower(program)) == first
