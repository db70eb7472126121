"""The known rules as recognition sees them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evosearch import known_rule, lower, parse, rule_names
from evosearch.graph.structure import structure
from evosearch.recognition.behaviour import Behaviour
from evosearch.recognition.known import Known, by_structure, constants_of, known_rules, same_class


def test_all_rules_are_there_the_simplest_first() -> None:
    """Rules without constants lead; of Adam and AdamW, which are one direction, AdamW does."""
    names = [known.name for known in known_rules()]
    assert sorted(names) == sorted(rule_names())
    assert names[:2] == ["sgd", "signsgd"]
    assert names.index("adamw") < names.index("adam")
    counts = [len(known_rule(name).hyperparameters) for name in names]
    assert counts == sorted(counts)


def test_one_rule_stands_for_each_structure() -> None:
    """Tiger is Signum with another constant, and Adam's direction is AdamW's."""
    names = {known.name for known in by_structure().values()}
    assert set(rule_names()) - names == {"adam", "tiger"}


@pytest.mark.parametrize("name", rule_names())
def test_a_rule_is_of_its_own_class(name: str) -> None:
    """Named as such, but for Adam, which is called AdamW."""
    behaviour = Behaviour(lower(known_rule(name), bind=True))
    found_in = same_class(behaviour)
    assert found_in is not None
    assert found_in.name == {"adam": "adamw"}.get(name, name)


@pytest.mark.parametrize("name", rule_names())
def test_constants_are_read_off_a_structure_by_name(name: str) -> None:
    """Each of a rule's hyperparameters has the value that a program of its structure gives it."""
    rule = known_rule(name)
    moved = {label: value * 0.75 for label, value in rule.hyperparameters}
    program = replace(rule, hyperparameters=tuple(moved.items()))
    assert constants_of(Known(name), structure(program)) == pytest.approx(moved)


def test_a_number_that_the_rule_spells_is_named_where_it_differs() -> None:
    """The floor of the mask's mean is no hyperparameter, but a constant of the structure."""
    text = """def f(g, m, *, b1=0.9, b2=0.99):
    update = sign(lerp(g, m, b1))
    m = lerp(g, m, b2)
    mask = update * g > 0
    return mask / max(mean(mask), {}) * update, m
"""
    known = Known("cautious_lion_max")
    usual = {"beta1": 0.9, "beta2": 0.99}
    assert constants_of(known, structure(parse(text.format(0.001)))) == usual
    other = constants_of(known, structure(parse(text.format(0.02))))
    assert sorted(set(other.values()) - set(usual.values())) == [0.02]
