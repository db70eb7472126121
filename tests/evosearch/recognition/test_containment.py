"""Known rules that programs compute on their way."""

from __future__ import annotations

import pytest

from evosearch import lower, parse
from evosearch.graph.structure import with_named_constants
from evosearch.recognition.containment import Contained, contained

ADAMW = """
    m = lerp(g, m, 0.8)
    v = lerp(square(g), v, 0.99)
    u = m / (1 - 0.8**t) / (sqrt(v / (1 - 0.99**t)) + 1e-6)
"""
LION = "    u = sign(lerp(g, m, b1))\n    m = lerp(g, m, b2)\n"


def of(text: str) -> Contained | None:
    return contained(with_named_constants(parse(text)))


@pytest.mark.parametrize(
    ("result", "rest"),
    [
        ("u + 0.1 * w", "update = lion + w * 0.1"),
        ("u * (m * g > 0)", "m = lerp(g, m, 0.98); update = lion * (g * m > 0)"),
        ("tanh(u) * sign(w)", "update = tanh(lion) * sign(w)"),
        ("max(u * abs(w), w)", "update = maximum(w, lion * abs(w))"),
    ],
)
def test_a_rule_with_a_term_or_a_factor(result: str, rest: str) -> None:
    """What is made of the rule is told as text in which it stands by its name."""
    inside = of(f"def f(w, g, m, *, b1=0.9, b2=0.98):\n{LION}    return {result}, m\n")
    assert inside is not None
    assert (inside.known.name, inside.constants) == ("lion", {"beta1": 0.9, "beta2": 0.98})
    assert inside.rest == rest
    rule = parse(f"def f(g, m, *, b1=0.9, b2=0.98):\n{LION}    return u, m\n")
    assert inside.part.size == lower(rule).size


def test_a_rule_whose_length_is_clipped() -> None:
    """What a composite operation stands for does not hide the rule."""
    inside = of(f"def f(w, g, m, *, b1=0.9, b2=0.98):\n{LION}    return clip(u, 0.3), m\n")
    assert inside is not None
    assert inside.known.name == "lion"


def test_the_largest_rule_is_named() -> None:
    """AdamW's average of gradients is momentum too, but that is not what the program is."""
    inside = of(f"def f(w, g, m, v, t, *, b=0.9):\n{ADAMW}    return u - 0.3 * g, m, v\n")
    assert inside is None or inside.known.name != "momentum"


def test_a_small_part_of_a_program_is_not_what_it_is() -> None:
    """Signum is in it, and most of it is something else; so are the gradient and its sign."""
    text = """def f(w, g, m, s):
    m = lerp(g, m, 0.9)
    s = lerp(cube(g), s, 0.7)
    return sign(m) + tanh(s * w) / (abs(w) + exp(g)), m, s
"""
    assert of(text) is None
    assert of("def f(w, g): return g + sign(g) * w") is None


def test_a_rule_in_other_words_is_found_by_its_class() -> None:
    """At its own constants, since parts are not fitted."""
    text = "def f(w, g, m):\n    u = sign(0.9 * m + g * 0.1)\n    m = m + (g - m) * 0.01\n"
    inside = of(text + "    return u + cbrt(w), m\n")
    assert inside is not None
    assert (inside.known.name, inside.rest) == ("lion", "update = lion + cbrt(w)")


def test_a_multiple_of_a_rule_is_told_as_one() -> None:
    """A moving average with a decay of 0.9 is a tenth of momentum."""
    text = "def f(w, g, m):\n    m = 0.1 * g + 0.9 * m\n    return m + 0.01 * w, m\n"
    inside = of(text)
    assert inside is not None
    assert (inside.known.name, inside.unshared) == ("momentum", 2)
    assert inside.rest.endswith("update = 0.1 * momentum + w * 0.01")
