"""A family is a rule whose constants are to be tuned, each on its scale."""

import numpy as np
import pytest

from evosearch import known_rule, lower, parse
from evosearch.screening.contender import contender
from evosearch.screening.family import Family, Scale


def family(text: str) -> Family:
    return Family(lower(parse(text)))


def test_a_family_names_its_constants_in_the_order_of_its_plans() -> None:
    """With the values that the rule came with, and the scale of each."""
    adamw = Family(lower(known_rule("adamw")))
    assert dict(zip(adamw.names, adamw.defaults, strict=True)) == {
        "beta1": 0.9,
        "beta2": 0.999,
        "eps": 1e-8,
    }
    scales = dict(zip(adamw.names, adamw.scales, strict=True))
    assert scales == {"beta1": Scale.DECAY, "beta2": Scale.DECAY, "eps": Scale.SIZE}
    made = adamw.contender(adamw.defaults)
    assert made == contender(adamw.graph)
    assert made is not None
    assert made.plan.constants == adamw.names


def test_one_family_makes_rules_of_other_constants() -> None:
    """They are those of the rule written with these constants."""
    given = family("def f(g, *, a=2.0):\n return a * g + sign(g)").contender((3.0,))
    assert given == contender(lower(parse("def f(g, *, a=3.0):\n return a * g + sign(g)")))


@pytest.mark.parametrize(
    ("text", "constants"),
    [
        ("def f(g, *, a=2.0):\n return a * g", (0.0,)),  # does not move
        ("def f(g, *, a=2.0):\n return exp(a * abs(g) * 1000) * g", (1e30,)),  # overflows
        ("def f(g, *, a=2.0):\n return g * a", (float("nan"),)),
    ],
)
def test_what_cannot_be_trained_is_none(text: str, constants: tuple[float, ...]) -> None:
    """And nothing is warned of; with its defaults each of the rules can be."""
    assert family(text).contender(constants) is None
    assert family(text.replace("* 1000", "")).contender((2.0,)) is not None


def test_a_rule_without_constants_is_a_family_of_one() -> None:
    """It has one setting for each learning rate."""
    signs = family("def f(g):\n return sign(g)")
    assert (signs.names, signs.defaults, signs.scales) == ((), (), ())
    assert signs.contender(()) == contender(signs.graph)


@pytest.mark.parametrize(
    ("scale", "numbers"),
    [
        (Scale.DECAY, (0.0, 0.1, 0.5, 0.9, 0.98, 0.9995, 0.999999)),
        (Scale.SIZE, (1e-12, -3e-8, 0.7, -1.0, 1234.0)),
        (Scale.ZERO, (0.0, 0.25, -3.0)),
    ],
)
def test_scales_convert_there_and_back(scale: Scale, numbers: tuple[float, ...]) -> None:
    """The sign is that of the value drawn around; four digits are kept."""
    for number in numbers:
        back = scale.constant(scale.natural(number), number)
        assert back == pytest.approx(number, rel=1e-9, abs=0)
        assert isinstance(back, float)


def test_equal_steps_on_a_scale_matter_about_equally() -> None:
    """A decay's memory, 1 / (1 - decay), and a size are multiplied by equal factors."""
    decays = [Scale.DECAY.constant(Scale.DECAY.natural(0.9) - step, 0.9) for step in (0, 1, 2)]
    memories = 1 / (1 - np.array(decays))
    assert memories[1] / memories[0] == pytest.approx(np.e, rel=1e-3)
    assert memories[2] / memories[1] == pytest.approx(np.e, rel=1e-3)
    sizes = [Scale.SIZE.constant(Scale.SIZE.natural(-2.0) + step, -2.0) for step in (0, 1)]
    assert sizes == [-2.0, pytest.approx(-2 * np.e, rel=1e-3)]


def test_no_decay_comes_to_one_and_no_size_overflows() -> None:
    """Whatever is drawn; in single precision too a decay stays below 1."""
    for far in (-1e9, -50.0, 50.0, 1e9):
        decay = Scale.DECAY.constant(far, 0.9)
        assert decay >= 0
        assert np.float32(decay) < 1
        size = Scale.SIZE.constant(far, -1.0)
        assert size < 0
        assert np.isfinite(np.float32(size))
