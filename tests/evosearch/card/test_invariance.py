"""How directions depend on the size of gradients: against what is known of known rules."""

from __future__ import annotations

import pytest

from evosearch import known_rule, lower, parse
from evosearch.card.invariance import Scaling, scaling, scaling_section


def measured(text: str) -> Scaling:
    return scaling(lower(parse(text), bind=True))


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "addsign", "powersign"])
def test_rules_without_division_are_proportional(name: str) -> None:
    """Over all sizes: they are linear in the gradients, or linear but for signs."""
    values = scaling(lower(known_rule(name)))
    assert values.main.degree == 1
    assert values.open_low
    assert values.open_high
    assert values.half is None


@pytest.mark.parametrize("name", ["signsgd", "signum", "tiger", "lion", "lion_l2"])
def test_rules_of_signs_are_invariant(name: str) -> None:
    """Over all sizes: a sign, and a unit vector, know none."""
    values = scaling(lower(known_rule(name)))
    assert (values.main.degree, values.open_low, values.open_high) == (0, True, True)


@pytest.mark.parametrize("eps", [1e-8, 1e-6, 1e-4])
def test_adam_is_invariant_until_the_root_of_v_comes_near_epsilon(eps: float) -> None:
    """For a gradient of size c, u = c / (c + eps): 1% off at c = 99 eps, half at c = eps."""
    text = (
        "def f(g, m, v, t):\n    m = lerp(g, m, 0.9)\n    v = lerp(square(g), v, 0.999)\n"
        f"    return (m / (1 - 0.9**t)) / (sqrt(v / (1 - 0.999**t)) + {eps!r}), m, v"
    )
    values = measured(text)
    assert values.main.degree == 0
    assert values.open_high
    assert 50 * eps < values.main.low < 300 * eps  # elements differ in size
    assert values.half is not None
    assert 0.5 * eps < values.half < 2 * eps
    if eps > 1e-7:  # far below it the denominator is eps, and Adam is momentum
        assert values.ranges[0].degree == 1


def test_a_clip_ends_a_range_where_gradients_reach_it() -> None:
    """Clipped to 1 where sizes are near 1: proportional below, constant above."""
    values = measured("def f(g): return clamp(g, -1, 1)")
    assert values.ranges[0].degree == 1
    # The largest of the made gradients is about 3 times their root mean square.
    assert 0.05 < values.ranges[0].high < 1
    assert values.ranges[-1].degree == 0
    assert values.ranges[-1].high == 1e6


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("def f(g): return sign(g) * sqrt(abs(g))", 0.5),
        ("def f(g): return g * square(g)", 3.0),
        ("def f(g): return 1 / g", -1.0),
    ],
)
def test_powers_have_their_exponent(text: str, degree: float) -> None:
    """By the definition of a degree."""
    values = measured(text)
    assert values.main.degree == pytest.approx(degree, abs=1e-3)
    assert values.open_low
    assert values.open_high


def test_what_changes_its_shape_has_no_degree() -> None:
    """A sum of two powers, around the size at which they are equal."""
    values = measured("def f(g): return g + g * square(g)")
    assert values.main.degree is None
    assert [one.degree for one in values.ranges] == [1, None, 3]
    assert scaling_section(lower(parse("def f(g): return g + g * square(g)"))).meaning.startswith(
        "What the rule does depends on the size"
    )


def test_radam_is_invariant_but_for_its_first_steps() -> None:
    """While its average is short it is momentum (arXiv 1908.03265), of degree 1."""
    values = scaling(lower(known_rule("radam")))
    assert values.main.degree is None
    assert values.later is not None
    assert values.later.degree == 0


def test_a_zero_direction_is_told_of_nothing() -> None:
    """It is the same at each size."""
    assert measured("def f(g): return 0 * g").main.degree == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sgd", "learning rate belongs to the loss's scale"),
        ("lion", "no epsilon needs attention"),
        ("adam", "as long as gradients stay above 1.8e-06"),
    ],
)
def test_the_sentence_follows_from_the_numbers(name: str, words: str) -> None:
    """A user is told what to do."""
    assert words in scaling_section(lower(known_rule(name))).meaning
