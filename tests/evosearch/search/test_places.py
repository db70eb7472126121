"""Places where values are read, and changes that are valid or None."""

from __future__ import annotations

import numpy as np

from evosearch.language.parser import parse
from evosearch.language.program import Statement
from evosearch.search.places import (
    Use,
    below,
    draw_use,
    kinds_before,
    largest_kind,
    literal_uses,
    valid_change,
    value_at,
    with_statements,
    with_value,
)
from primitives import Kind

RULE = parse(
    "def rule(g, m, *, b=0.9):\n    x = mean(g)\n    m = lerp(g, m, 0.5)\n"
    "    u = m * x\n    return u, m\n"
)
USES = {
    Use(0, 0): ("g", Kind.TENSOR),
    Use(1, 0): ("g", Kind.TENSOR),
    Use(1, 1): ("m", Kind.TENSOR),
    Use(1, 2): (0.5, Kind.LEAF),
    Use(2, 0): ("m", Kind.TENSOR),
    Use(2, 1): ("x", Kind.TENSOR),
    Use(3, 0): ("u", Kind.TENSOR),
    Use(3, 1): ("m", Kind.TENSOR),
}
"""Every place of the rule, what is read there, and the largest kind that may be."""


def test_every_place_is_drawn_alike() -> None:
    """Arguments of statements and returned values, each as often as any other."""
    draw = np.random.default_rng(0)
    drawn = [draw_use(RULE, draw) for _ in range(4000)]
    assert set(drawn) == set(USES)
    counts = [drawn.count(use) for use in USES]
    assert min(counts) > 400
    assert max(counts) < 600


def test_values_and_kinds_at_places() -> None:
    """As they stand in the text; literals are found among them."""
    for use, (value, kind) in USES.items():
        assert value_at(RULE, use) == value
        assert largest_kind(RULE, use) == kind
    assert literal_uses(RULE) == [Use(1, 2)]


def test_kinds_before_a_statement_and_at_the_return() -> None:
    """A name is bound from the statement after its own on."""
    assert "x" not in kinds_before(RULE, 0)
    assert kinds_before(RULE, 1)["x"] == Kind.LEAF
    assert kinds_before(RULE, 3) == {
        **{"g": Kind.TENSOR, "m": Kind.TENSOR, "u": Kind.TENSOR},
        **{"b": Kind.SCALAR, "x": Kind.LEAF},
    }


def test_a_value_is_put_in_its_place_after_what_is_inserted() -> None:
    """For an argument and for a returned value."""
    new = Statement("y", "sign", ("g",))
    changed = with_value(RULE, Use(2, 1), "y", [new])
    assert changed is not None
    assert [s.target for s in changed.statements] == ["x", "m", "y", "u"]
    assert changed.statements[-1].arguments == ("m", "y")
    returned = with_value(RULE, Use(3, 0), "y", [new])
    assert returned is not None
    assert returned.statements == (*RULE.statements, new)
    assert returned.returns == ("y", "m")


def test_what_does_not_fit_is_none() -> None:
    """A tensor for a scalar, a number returned, a name that is not bound."""
    assert with_value(RULE, Use(1, 2), "g") is None
    assert with_value(RULE, Use(3, 0), 1.0) is None
    assert with_value(RULE, Use(2, 0), "nobody") is None
    assert with_statements(RULE, 0, 1, []) is None
    assert valid_change(RULE, returns=("u", "nobody")) is None
    assert with_statements(RULE, 2, 3, [Statement("u", "add", ("m", "x"))]) is not None


def test_below_draws_once_and_in_range() -> None:
    """Each number from 0 up, by one draw."""
    draw, other = np.random.default_rng(3), np.random.default_rng(3)
    assert {below(4, draw) for _ in range(100)} == {0, 1, 2, 3}
    other.random(100)
    assert draw.random() == other.random()
