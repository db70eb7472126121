"""Which rule a program is, as the card tells it."""

from __future__ import annotations

import pytest

from evosearch import known_rule, parse
from evosearch.card.kinship import kinship_section


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("def f(g): return 3 * g", "sgd", "f is identical to sgd, times 3. What is published"),
        (
            "def f(g, m):\n  m = 0.5 * m + g\n  return m, m",
            "momentum",
            "holds, as far as it holds at these constants",
        ),
        ("def f(g): return exp(-g) - 1", "none", "need hold"),
    ],
)
def test_what_is_near_is_told(text: str, rule: str, words: str) -> None:
    """And what follows from it."""
    section = kinship_section(parse(text))
    assert {fact.label: fact.value for fact in section.facts}["known rule"] == rule
    assert words in section.meaning


def test_a_rule_that_a_search_rejects_is_told() -> None:
    """With the gate's reason: a rule that climbs is none to train with."""
    section = kinship_section(parse("def up(g): return -g"))
    assert section.values.gate == "not-descent"
    assert "hardly worth a training" in section.meaning
    facts = {fact.label: fact.value for fact in section.facts}
    assert facts["a search would reject it"].endswith("(gate 'not-descent')")
    fine = kinship_section(known_rule("lion"))
    assert fine.values.gate is None
    assert fine.values.recognised.relation == "identical"
