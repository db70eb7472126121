"""Programs that are a known rule but for what is in one or two places."""

from __future__ import annotations

import pytest

from evosearch import parse
from evosearch.recognition.recognition import recognise
from evosearch.recognition.variants import Variant, variant

ADAMW = {
    "m": "lerp(g, m, beta1)",
    "v": "lerp(square(g), v, beta2)",
    "m_hat": "m / (1 - beta1**t)",
    "v_hat": "v / (1 - beta2**t)",
    "u": "m_hat / (sqrt(v_hat) + eps)",
}
CONSTANTS = {"beta1": 0.8, "beta2": 0.99, "eps": 1e-6}


M_HAT, V_HAT = "m / (1 - beta1 ** t)", "v / (1 - beta2 ** t)"


def adamw(before: str = "", after: str = "", state: str = "", **changes: str) -> Variant | None:
    """Of AdamW with other lines, at other constants than usual."""
    lines = [before] * bool(before)
    lines += [f"{name} = {text}" for name, text in (ADAMW | changes).items()]
    lines += [after] * bool(after)
    body = "".join(f"    {line}\n" for line in lines)
    states = "m, v, s" if state else "m, v"
    constants = ", ".join(f"{name}={value}" for name, value in CONSTANTS.items())
    return variant(
        parse(f"def f(w, g, {states}, t, *, {constants}):\n{body}    return u, {states}\n")
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        # Something is missing.
        ({"m_hat": "m"}, f"m in place of {M_HAT}"),
        ({"m_hat": "g"}, f"g in place of {M_HAT}"),
        # Something is added. Where the gradient stands in two places, it is said in which.
        ({"m": "lerp(sign(g), m, beta1)"}, "lerp(sign(g), m, beta1) in place of lerp(g, m, beta1)"),
        ({"v_hat": "tanh(v) / (1 - beta2**t)"}, f"tanh(v) / (1 - beta2 ** t) in place of {V_HAT}"),
        ({"after": "m = cbrt(m)"}, "m = cbrt(lerp(g, m, beta1)) in place of m = lerp(g, m, beta1)"),
        # Something is in the place of something else.
        ({"m_hat": "m / (1 + beta1**t)"}, "beta1 ** t + 1 in place of 1 - beta1 ** t"),
        ({"v": "lerp(abs(g), v, beta2)"}, "abs(g) in place of square(g)"),
        ({"v": "lerp(square(w), v, beta2)"}, "square(w) in place of square(g)"),
        # So is a state of the program's own, with a number of its own.
        (
            {
                "before": "s = lerp(abs(g), s, 0.7)",
                "state": "s",
                "u": "m_hat / (max(sqrt(v_hat), s) + eps)",
            },
            f"maximum(s, sqrt({V_HAT})) in place of sqrt({V_HAT}), where s = lerp(abs(g), s, 0.7)",
        ),
        # Two places.
        (
            {"m_hat": "m", "v": "lerp(g, v, beta2)"},
            f"g in place of square(g) and m in place of {M_HAT}",
        ),
        (
            {"m_hat": "m", "u": "m_hat / (cbrt(sqrt(v_hat)) + eps)"},
            f"m in place of {M_HAT} and cbrt(sqrt({V_HAT})) in place of sqrt({V_HAT})",
        ),
    ],
)
def test_adamw_but_for_something(changes: dict[str, str], told: str) -> None:
    """What is told is what a person changed."""
    varied = adamw(**changes)
    assert varied is not None
    assert (varied.known.name, varied.told) == ("adamw", told)


@pytest.mark.parametrize(
    ("changes", "gone"),
    [({"m_hat": "m"}, set()), ({"m_hat": "g"}, {"beta1"})],
)
def test_constants_are_those_of_what_is_left(changes: dict[str, str], gone: set[str]) -> None:
    """With the values that the program has."""
    varied = adamw(**changes)
    assert varied is not None
    assert varied.constants == {name: CONSTANTS[name] for name in CONSTANTS.keys() - gone}


def test_a_rule_without_its_guard_is_one_at_a_constant_of_zero() -> None:
    """It is no variant, but there are variants of it."""
    assert adamw(u="m_hat / sqrt(v_hat)") is None
    bare = "def f(g, m, v, t): v = lerp(g * g, v, 0.9); m = lerp(g, m, 0.8); return {}, m, v"
    whole = recognise(parse(bare.format("m / (1 - 0.8 ** t) / sqrt(v / (1 - 0.9 ** t))")))
    assert (whole.rule, whole.relation) == ("adamw", "equal up to constants")
    assert whole.constants == {"beta1": 0.8, "beta2": 0.9, "eps": 0}
    varied = recognise(parse(bare.format("m / sqrt(v / (1 - 0.9 ** t))")))
    assert (varied.rule, varied.relation) == ("adamw", "variant")
    assert varied.constants == {"beta1": 0.8, "beta2": 0.9, "eps": 0}
    assert varied.detail == "m in place of m / (1 - beta1 ** t)"


def test_a_state_that_goes_with_a_place_is_told_with_it() -> None:
    """The gradient stands in two places, and is averaged in one of them."""
    text = "def f(g, m, v): m = lerp(g, m, 0.7); v = lerp(g * g, v, 0.95); return m / sqrt(v), m, v"
    varied = variant(parse(text))
    assert varied is not None
    assert (varied.known.name, varied.constants) == ("rmsprop", {"alpha": 0.95, "eps": 0})
    assert varied.told == "m / sqrt(v) in place of g / sqrt(v), where m = lerp(g, m, 0.7)"


def test_names_are_the_rules() -> None:
    """Whatever the program calls its states, and where it spells its numbers."""
    varied = variant(parse("def f(g, q): return sign(lerp(g, q, 0.85)), lerp(cube(g), q, 0.95)"))
    assert varied is not None
    assert (varied.known.name, varied.constants) == ("lion", {"beta1": 0.85, "beta2": 0.95})
    assert varied.told == "lerp(cube(g), m, beta2) in place of lerp(g, m, beta2)"
    assert varied.unshared == 1


def test_a_state_of_the_programs_own_keeps_apart() -> None:
    """One that has the name of one of the rule's is given another; old values are told apart."""
    text = """def f(g, first, second, v, t):
    first = lerp(g, first, 0.8)
    second = lerp(square(g), second, 0.95)
    denominator = max(sqrt(second / (1 - 0.95**t)), v) + 1e-6
    return first / (1 - 0.8**t) / denominator, first, second, lerp(abs(g), v, 0.3)
"""
    varied = variant(parse(text))
    assert varied is not None
    assert varied.constants == {"beta1": 0.8, "beta2": 0.95, "eps": 1e-6}
    assert varied.told == (
        "maximum(old_v_, sqrt(v / (1 - beta2 ** t))) in place of sqrt(v / (1 - beta2 ** t)), "
        "where v_ = lerp(abs(g), v_, 0.3)"
    )


def test_the_sign_of_an_average_is_no_variant_of_lion() -> None:
    """Of its five statements two are Lion's."""
    text = """def f(g, v, m):
    m = lerp(abs(g), m, 0.3)
    return sign(lerp(max(g, m), v, 0.85)), lerp(exp(g), v, 0.95), m
"""
    assert variant(parse(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "def f(g): return g",
        "def f(w, g): return cube(tanh(g)) + w * exp(g)",
        # Two different decays where AdamW has one.
        "def f(g, v, t): v = lerp(cbrt(g), v, 0.9); return exp(g) / tanh(v / (1 - 0.5**t)), v",
    ],
)
def test_others_are_no_variants(text: str) -> None:
    assert variant(parse(text)) is None
