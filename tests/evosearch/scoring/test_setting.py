"""Settings are drawn on the scale of each constant."""

import numpy as np
import pytest
from numpy.typing import NDArray

from evosearch import known_rule, lower, parse
from evosearch.scoring.setting import USUAL_DECAYS, Setting, draw_setting
from evosearch.screening.family import Family, Scale

MIXED = Family(
    lower(
        parse(
            """
def mixed(g, m, v, *, decay=0.9, slow=0.0, eps=1e-8, gain=2.0, loss=-0.5, shift=0.0):
    m = lerp(g, m, decay)
    v = lerp(square(g), v, slow)
    return m * gain / (sqrt(v) + eps) + loss * g + shift * sign(g), m, v
"""
        )
    )
)
START = Setting(0.01, MIXED.defaults)
DRAWS = 2000


def drawn(spread: float = 1.0, usual: bool = False, start: Setting = START) -> list[Setting]:
    draw = np.random.default_rng(3)
    return [draw_setting(MIXED, start, draw, spread, usual) for _ in range(DRAWS)]


def values(name: str, settings: list[Setting]) -> NDArray[np.float64]:
    at = MIXED.names.index(name)
    return np.array([setting.constants[at] for setting in settings])


def test_a_setting_moves_to_another_rate() -> None:
    """With four digits, so that equal settings are found equal; constants stay."""
    assert Setting(1.0, (0.9,)).at(0.123456) == Setting(0.1235, (0.9,))


@pytest.mark.parametrize("usual", [False, True])
def test_draws_stay_in_the_domains(usual: bool) -> None:
    """Decays are in [0, 1), also around 0 and 1; other constants keep their sign."""
    high = [0.999999, 0.999999, *START.constants[2:]]
    for start in (START, Setting(1.0, tuple(high))):
        for spread in (0.1, 1.0, 20.0):
            some = drawn(spread, usual, start)
            for name in ("decay", "slow"):
                assert (values(name, some) >= 0).all()
                assert (values(name, some).astype(np.float32) < 1).all()
            assert (values("eps", some) > 0).all()
            assert (values("gain", some) > 0).all()
            assert (values("loss", some) < 0).all()
            assert np.isfinite([value for one in some for value in one.constants]).all()
            assert all(0 < one.rate < np.inf for one in some)


def test_draws_are_on_a_logarithmic_scale() -> None:
    """The start is the median; as many lie within a factor above it as within one below."""
    some = drawn()
    rests, gains, rates = 1 - values("decay", some), values("gain", some), [s.rate for s in some]
    assert np.median(rests) == pytest.approx(0.1, rel=0.1)
    assert np.median(gains) == pytest.approx(2.0, rel=0.1)
    assert np.median(rates) == pytest.approx(0.01, rel=0.1)
    logs = np.log(gains / 2)
    assert np.quantile(logs, 0.16) == pytest.approx(-np.quantile(logs, 0.84), rel=0.15)
    # A constant that guards a division is drawn over orders of magnitude, zero around zero.
    assert np.std(np.log10(values("eps", some))) > 3 * np.std(np.log10(gains))
    shifts = values("shift", some)
    assert (shifts < 0).mean() == pytest.approx(0.5, abs=0.05)


def test_spread_scales_the_draws() -> None:
    """The logarithms of a tenth of the spread are a tenth, draw by draw."""
    wide, narrow = (np.log([s.rate / 0.01 for s in drawn(spread)]) for spread in (1.0, 0.1))
    assert np.allclose(narrow, wide / 10, atol=1e-3)


def test_half_of_the_usual_decays_are_those_of_published_optimizers() -> None:
    """Each as often; and none of the other constants is touched by the wish."""
    some, plain = drawn(usual=True), drawn()
    decays = values("decay", some)
    shares = [float((decays == usual).mean()) for usual in USUAL_DECAYS]
    assert sum(shares[1:]) == pytest.approx(0.5 * 7 / 8, abs=0.05)
    assert max(shares[1:]) < 2 * min(shares[1:])
    for name in ("eps", "gain", "loss", "shift"):
        assert (values(name, some) == values(name, plain)).all()


def test_a_size_of_zero_stays_zero() -> None:
    """A start may be zero where the rule's default is not; there is no scale to draw it on."""
    constants = list(START.constants)
    constants[MIXED.names.index("gain")] = 0.0
    assert not values("gain", drawn(start=Setting(0.01, tuple(constants)))).any()


def test_a_rule_without_constants_is_drawn_in_the_rate_alone() -> None:
    """As sign descent."""
    family = Family(lower(parse("def signs(g):\n return sign(g)")))
    draw = np.random.default_rng(0)
    some = [draw_setting(family, Setting(1.0, ()), draw, 1.0, True) for _ in range(5)]
    assert len({one.rate for one in some}) == 5
    assert {one.constants for one in some} == {()}


def test_the_scales_are_those_meant_here() -> None:
    """The rule above has a constant of every scale; Lion has two decays."""
    assert dict(zip(MIXED.names, MIXED.scales, strict=True)) == {
        "decay": Scale.DECAY,
        "slow": Scale.DECAY,
        "eps": Scale.SIZE,
        "gain": Scale.SIZE,
        "loss": Scale.SIZE,
        "shift": Scale.ZERO,
    }
    assert Family(lower(known_rule("lion"))).scales == (Scale.DECAY, Scale.DECAY)
