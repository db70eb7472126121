"""What a user is told of zero gradients."""

from __future__ import annotations

from evosearch import known_rule, lower, parse
from evosearch.card.section import Section
from evosearch.card.zeros_text import zeros_section


def told(name: str) -> tuple[dict[str, str], str]:
    section = zeros_section(lower(known_rule(name), bind=True))
    return facts(section), section.meaning


def facts(section: Section) -> dict[str, str]:
    return {fact.label: fact.value for fact in section.facts}


def test_states_are_told_one_by_one() -> None:
    """With what becomes of each."""
    values, _ = told("amsgrad")
    assert values["state m"] == "decays: half in 7 steps"
    assert values["state v"] == "decays: half in 693 steps"
    assert values["state peak"] == "stays"
    counter = lower(parse("def f(g, n):\n  n = n + 1\n  return g / sqrt(n), n"))
    grown = facts(zeros_section(counter))
    assert grown["state n"] == "grows 6 times"


def test_motion_is_told() -> None:
    """It stops, coasts or goes on, and a user is told what follows."""
    values, meaning = told("sgd")
    assert values["direction at zero gradients"].startswith("zero at once")
    assert meaning.startswith("A parameter without gradient stays where it is. Rare")
    values, meaning = told("momentum")
    assert values["direction at zero gradients"].startswith("runs out: ")
    assert "coasts for about 4" in meaning
    values, meaning = told("lion")
    assert values["direction at zero gradients"].startswith("goes on: 100% of the usual")
    assert "set their gradients to None" in meaning
    assert "moves 100 times as far" in values["a weight with a gradient in 1 of 100 steps"]


def test_a_leap_is_told() -> None:
    """Of RMSProp, not of SGD."""
    assert "After a silence it leaps" in told("rmsprop")[1]
    assert "leaps" not in told("sgd")[1]


def test_what_is_not_finite_or_zero_is_told() -> None:
    """Neither is hidden among numbers."""
    section = zeros_section(lower(parse("def f(g, m):\n  m = 2 * m + g\n  return m, m")))
    assert facts(section)["direction at zero gradients"] == "not finite"
    assert section.meaning.startswith("Zero gradients make it infinite")
    still = facts(zeros_section(lower(parse("def f(g): return 0 * g"))))
    assert "no distance" in still["a weight with a gradient in 1 of 100 steps"]
