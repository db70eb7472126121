"""Whether both signs are treated alike."""

from __future__ import annotations

import numpy as np
import pytest

from evosearch import known_rule, lower, parse, rule_names
from evosearch.card.gradients import usual_gradients
from evosearch.card.symmetry import symmetry, symmetry_section


@pytest.mark.parametrize("name", rule_names())
def test_known_rules_are_symmetric(name: str) -> None:
    """None has a sign that it prefers."""
    values = symmetry(lower(known_rule(name), bind=True))
    assert values.symmetric
    assert abs(values.bias) <= 1e-9


def test_an_even_part_is_the_departure() -> None:
    """u = g + 0.1 |g|: what both signs have in common is 0.1 |g|."""
    values = symmetry(lower(parse("def f(g): return g + 0.1 * abs(g)")))
    g = usual_gradients(60).gradients
    size = np.sqrt(np.mean((g + 0.1 * abs(g)) ** 2))
    assert values.departure == pytest.approx(0.2 * np.sqrt(np.mean(g**2)) / size)
    assert values.bias == pytest.approx(0.1 * np.mean(abs(g)) / size)
    assert not values.symmetric


def test_weights_are_mirrored_where_they_are_read() -> None:
    """A decay is symmetric; a pull to one side is not."""
    decay = symmetry(lower(parse("def f(w, g): return g + 0.1 * w")))
    assert decay.symmetric
    assert decay.mirrors_weights
    assert not symmetry(lower(parse("def f(w, g): return g + 0.1 * abs(w)"))).symmetric
    assert not symmetry(lower(known_rule("sgd"))).mirrors_weights


def test_a_user_is_warned() -> None:
    """Of a drift, with its size."""
    section = symmetry_section(lower(parse("def f(g): return g + 0.1 * abs(g)")))
    assert "drift" in section.meaning
    assert {fact.label for fact in section.facts} >= {"mean direction where none has a reason"}
    assert "treated alike" in symmetry_section(lower(known_rule("lamb"))).meaning
