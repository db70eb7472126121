"""Names become symbols, distinct names distinct ones."""

from __future__ import annotations

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosearch.export.formulas.symbols import (
    BEFORE,
    DECAY,
    GRADIENT,
    NOW,
    RATE,
    STEP,
    WEIGHTS,
    Symbol,
    Symbols,
)

_TRAPS = """
theta eta lamda eps epsilon g w t lr u m_t g_t mu mu_1 mu1 m_hat mhat weight_decay x1 x_1 slow
slow_2 θ η λ β β1 beta1 beta_1 m_ _m __ m_1_t m m1 m_1 M theta_t eta_t beta_t beta u_t a a_t lr_t
w_t m_hat_t mu_t Beta Theta eps_1 epsilon_1 hat_m
"""
_NAMES = st.one_of(
    st.from_regex(r"(?a)[a-z_]{1,3}[0-9_a-z]{0,3}", fullmatch=True),
    st.sampled_from(_TRAPS.split()),
).filter(lambda name: name.isidentifier() and not keyword.iskeyword(name))


@pytest.mark.parametrize(
    ("name", "plain", "latex"),
    [
        ("beta1", "β₁", r"\beta_1"),
        ("beta_12", "β₁₂", r"\beta_{12}"),
        ("eps", "ε", r"\epsilon"),
        ("lamda2", "λ₂", r"\lambda_2"),
        ("mu", "μ", r"\mu"),
        ("h0", "h₀", "h_0"),
        ("decay", "decay", r"\mathrm{decay}"),
        ("m_slow", "m_slow", r"m_{\mathrm{slow}}"),
        ("slow_mean_x", "slow_mean_x", r"\mathrm{slow\_mean\_x}"),
        ("beta_t", "beta_t", r"\mathrm{beta\_t}"),
    ],
)
def test_constants(name: str, plain: str, latex: str) -> None:
    """Greek letters by their names, digits below, words upright."""
    symbol = Symbols().constant(name)
    assert (symbol.code, symbol.plain, symbol.whole_latex) == (name, plain, latex)


@pytest.mark.parametrize(
    ("name", "plain", "latex"),
    [
        ("m", "m_{t-1}", "m_{t-1}"),
        ("m1", "m1_{t-1}", "m_{1,t-1}"),
        ("mu_1", "μ_1_{t-1}", r"\mu_{1,t-1}"),
        ("slow", "slow_{t-1}", r"\mathrm{slow}_{t-1}"),
        ("m_hat", "m̂_{t-1}", r"\hat{m}_{t-1}"),
        ("m_slow", "m_slow_{t-1}", r"m_{\mathrm{slow},t-1}"),
    ],
)
def test_series_have_a_time(name: str, plain: str, latex: str) -> None:
    """It is the last index; in plain text it follows the name as it is."""
    symbol = Symbols().series(name).at(BEFORE)
    assert (symbol.code, symbol.plain, symbol.whole_latex) == (f"{name}[t-1]", plain, latex)


def test_the_time_after_the_step_is_one_letter() -> None:
    """So it needs no braces."""
    symbol = Symbols().series("m").at(NOW)
    assert (symbol.code, symbol.plain, symbol.whole_latex) == ("m[t]", "m_t", "m_t")


def test_what_has_a_meaning_already_is_written_as_it_is() -> None:
    """A state called theta is not the weights."""
    names = Symbols()
    assert names.series("theta").plain == "theta"
    assert names.constant("eta").whole_latex == r"\mathrm{eta}"
    assert names.constant("lamda").plain == "lamda"
    assert names.constant("weight_decay").code == "weight_decay_"


def test_a_symbol_is_given_out_once() -> None:
    """The second name that would have it is written as it is; one that may do without has none."""
    names = Symbols()
    assert names.series("m1").whole_latex == "m_1"
    assert names.series("m_1").whole_latex == r"\mathrm{m\_1}"
    assert names.if_free("m1") is None
    hat = names.if_free("m_hat")
    assert hat is not None
    assert hat.plain == "m̂"
    assert names.if_free("m_hat") is None


def forms(symbol: Symbol) -> list[tuple[str, str]]:
    """As they are written, and LaTeX as it is seen: upright letters are hardly told from others."""
    seen = re.sub(r"\\mathrm|[{}]", "", symbol.whole_latex)
    texts = {"code": symbol.code, "plain": symbol.plain, "latex": symbol.whole_latex, "seen": seen}
    return list(texts.items())


@given(st.lists(_NAMES, unique=True))
def test_distinct_names_have_distinct_symbols(names: list[str]) -> None:
    """In each notation and at each time, beside the symbols that the trainer has."""
    given_out = Symbols()
    shown = [*forms(WEIGHTS.at(NOW)), *forms(WEIGHTS.at(BEFORE)), *forms(GRADIENT.at(NOW))]
    shown += [*forms(RATE), *forms(STEP), *forms(DECAY)]
    for place, name in enumerate(names):
        if place % 2:
            shown += forms(given_out.constant(name))
        else:
            series = given_out.series(name)
            shown += [*forms(series.at(NOW)), *forms(series.at(BEFORE))]
    assert len(shown) == len(set(shown))
