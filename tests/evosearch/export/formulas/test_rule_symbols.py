"""What a rule names has its symbol, and so has what the trainer adds."""

from __future__ import annotations

from itertools import islice

from evosearch import lower, parse
from evosearch.export.formulas.rule_symbols import INPUTS, symbols_of
from evosearch.graph.graph import SOURCES


def test_sources_have_their_symbols() -> None:
    """Inputs the usual ones, states their old value's, hyperparameters their letter."""
    text = "def f(w, g, lr, t, m, *, beta=0.9):\n    return w + t * lr * m, beta * m + g"
    graph = lower(parse(text))
    symbols = symbols_of(graph)
    shown = {
        node.label: symbols.of_source(node).plain for node in graph.nodes if node.op in SOURCES
    }
    assert shown == {
        "w": "θ_{t-1}",
        "g": "g_t",
        "lr": "η_t",
        "t": "t",
        "m": "m_{t-1}",
        "beta": "β",
    }
    assert set(INPUTS) == {"w", "g", "lr", "t"}


def test_the_direction_is_u_unless_the_rule_has_one() -> None:
    """A number tells it from what the rule calls `u`, be it a state or a constant."""
    for text, direction in (
        ("def f(g):\n    return g", "u_t"),
        ("def f(g, u):\n    return g + u, g", "u1_t"),
        ("def f(g, u1, *, u=2):\n    return g * u + u1, g", "u2_t"),
    ):
        assert symbols_of(lower(parse(text))).direction.plain == direction


def test_abbreviations_leave_out_what_the_rule_has() -> None:
    """`x_1` would be read as x₁."""
    graph = lower(parse("def f(g, x_1, *, x3=2):\n    return g * x3 + x_1, g"))
    made = islice(symbols_of(graph).abbreviations(), 3)
    assert [symbol.whole_latex for symbol in made] == ["x_2", "x_4", "x_5"]


def test_a_hat_stands_on_one_letter() -> None:
    """And only once."""
    symbols = symbols_of(lower(parse("def f(g, m, slow):\n    return g + m + slow, g, g")))
    hat = symbols.with_hat("m")
    assert hat is not None
    assert (hat.plain, hat.code, hat.whole_latex) == ("m̂_t", "m_hat[t]", r"\hat{m}_t")
    assert symbols.with_hat("m") is None
    assert symbols.with_hat("slow") is None
