"""Variants: what is tuned, what is held, what they start from."""

import pytest

from evosearch import Program, lower, parse
from evosearch.ablation.variant import Variant
from evosearch.graph.builder import rebuilt
from evosearch.graph.digest import digest
from evosearch.scoring.setting import Setting
from evosearch.search.genotype import Genotype

RULE = parse("def f(g, m, *, beta=0.9): m = lerp(g, m, beta); return m + 3 * tanh(g), m")


def constants(program: Program) -> dict[str, float]:
    variant = Variant.of(program)
    return dict(zip(variant.family.names, variant.family.defaults, strict=True))


def test_literals_that_are_constants_are_tuned_too() -> None:
    """By names that are made up; for reading they are numbers again."""
    variant = Variant.of(RULE)
    assert sorted(constants(RULE).values()) == [0.9, 3.0]
    (literal,) = variant.literals
    assert literal != "beta"
    assert digest(variant.shown(lower(variant.program))) == digest(lower(RULE))


def test_what_is_held_is_not_tuned() -> None:
    """It is a number of the rule, and another rule is another."""
    variant = Variant.of(RULE)
    held = variant.holding({"beta": 0.5})
    assert held.family.defaults == (3.0,)
    (c,) = variant.literals
    text = f"def f(g, s1, *, {c}=3.0): s1 = lerp(g, s1, 0.5); return s1 + {c} * tanh(g), s1"
    (slot,) = held.family.graph.slots
    text = text.replace("s1", slot.name)
    assert digest(rebuilt(held.family.graph, lambda *_: None)) == digest(lower(parse(text)))
    assert len({variant.key, held.key, variant.holding({"beta": 0.6}).key}) == 3


def test_the_key_knows_no_names_and_no_values() -> None:
    """Which are only what tuning starts from."""
    other = parse("def f(g, s, *, b=0.5): s = lerp(g, s, b); return 7 * tanh(g) + s, s")
    assert Variant.of(RULE).key == Variant.of(other).key
    assert Variant.of(RULE).key != Variant.of(parse("def f(g): return g + 3 * tanh(g)")).key


def test_constants_are_set_by_name() -> None:
    """And written as the program had them: by name or as a number."""
    variant = Variant.of(RULE)
    (literal,) = variant.literals
    other = variant.at({"beta": 0.99, literal: 2.5})
    assert other.key == variant.key
    assert dict(zip(other.family.names, other.family.defaults, strict=True)) == {
        "beta": 0.99,
        literal: 2.5,
    }
    after = other.plain
    wanted = "def f(g, m, *, beta=0.99): m = lerp(g, m, beta); return m + 2.5 * tanh(g), m"
    assert digest(lower(after)) == digest(lower(parse(wanted)))


@pytest.mark.parametrize("held", [{}, {"beta": 0.8}])
def test_tuning_starts_from_the_best_of_what_it_came_from(held: dict[str, float]) -> None:
    """Its constants by name, without those that are held."""
    parent = Variant.of(RULE)
    values = {"beta": 0.95, next(iter(parent.literals)): 4.0}
    best = Setting(2.0, tuple(values[name] for name in parent.family.names))
    smaller = Variant(parent.program, held, parent.literals)
    start = smaller.starts(Genotype(parent.program, parent.family.names, {"tiny": best}))["tiny"]
    assert start.rate == 2.0
    assert start.constants == tuple(values[name] for name in smaller.family.names)
    assert len(start.constants) == 2 - len(held)
