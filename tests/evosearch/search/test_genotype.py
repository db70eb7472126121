"""What a rule passes on: its tuned program, and settings that its children know by name."""

from __future__ import annotations

import pytest

from evosearch.graph.digest import digest
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.graph.structure import structure
from evosearch.language.library import known_rule, rule_names
from evosearch.language.parser import parse
from evosearch.language.program import Program
from evosearch.scoring.setting import Setting, draw_setting
from evosearch.search.genotype import Genotype, family_of, inherited, tuned_program
from proxies.keys import generator

TWO_TASKS = ("one", "two")
MOMENTUM = parse("def rule(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    return m * 3, m\n")


def bound(program: Program) -> Graph:
    return lower(program, bind=True)


def test_a_family_has_constants_only_where_they_are_tuned() -> None:
    """Else the program is itself alone, with its constants as they are."""
    assert set(family_of(MOMENTUM, True).names) == {"beta", "c1"}
    alone = family_of(MOMENTUM, False)
    assert (alone.names, alone.defaults) == ((), ())
    assert digest(alone.graph) == digest(bound(MOMENTUM))
    family = family_of(MOMENTUM, True)
    assert dict(zip(family.names, family.defaults, strict=True)) == {"beta": 0.9, "c1": 3.0}


@pytest.mark.parametrize("name", rule_names())
def test_a_tuned_program_has_its_structure_and_the_middle_constants(name: str) -> None:
    """Of every known rule; its constants keep their names, so that children know them."""
    program = known_rule(name)
    family = family_of(program, True)
    draw = generator("a test", name)
    around = Setting(1.0, family.defaults)
    settings = [draw_setting(family, around, draw, 0.3, usual=False) for _ in TWO_TASKS]
    tuned = tuned_program(family, settings, program)
    assert tuned.name == program.name
    assert structure(tuned).digest == structure(program).digest
    middle = family.middle([setting.constants for setting in settings])
    assert dict(tuned.hyperparameters) == dict(zip(family.names, middle, strict=True))
    again = family_of(tuned, True)
    assert dict(zip(again.names, again.defaults, strict=True)) == dict(tuned.hyperparameters)


def test_the_middle_is_taken_on_each_constants_own_scale() -> None:
    """Between the decay rates 0.9 and 0.999 lies 0.99, between the factors 1 and 100 lies 10."""
    family = family_of(MOMENTUM, True)
    values = [{"beta": 0.9, "c1": 1.0}, {"beta": 0.999, "c1": 100.0}]
    settings = [Setting(1.0, tuple(own[name] for name in family.names)) for own in values]
    tuned = tuned_program(family, settings, MOMENTUM)
    assert dict(tuned.hyperparameters) == pytest.approx({"beta": 0.99, "c1": 10.0})


def test_where_nothing_is_tuned_the_program_stays() -> None:
    """Without settings, without constants, or where constants are not tuned."""
    sign = parse("def rule(g):\n    return sign(g)\n")
    assert tuned_program(family_of(MOMENTUM, True), [], MOMENTUM) is MOMENTUM
    assert tuned_program(family_of(sign, True), [Setting(1.0, ())], sign) is sign
    assert tuned_program(family_of(MOMENTUM, False), [Setting(1.0, ())], MOMENTUM) is MOMENTUM


def parent() -> Genotype:
    """Momentum, tuned on two tasks."""
    family = family_of(MOMENTUM, True)
    best = {
        task: Setting(rate, tuple({"beta": beta, "c1": 3.5}[name] for name in family.names))
        for task, rate, beta in (("one", 2.0, 0.5), ("two", 0.25, 0.99))
    }
    program = tuned_program(family, list(best.values()), MOMENTUM)
    return Genotype(program, family.names, best)


def starts(child: str) -> dict[str, tuple[float, dict[str, float]]]:
    """By task, the rate and the constants by name from which a child starts."""
    program = parse(child)
    settings = inherited(structure(program), program, parent())
    names = family_of(program, True).names
    return {
        task: (s.rate, dict(zip(names, s.constants, strict=True))) for task, s in settings.items()
    }


HEAD = dict(parent().program.hyperparameters)
SIGNATURE = f"def child(g, m, *, beta={HEAD['beta']}, c1={HEAD['c1']}):\n"


def test_a_child_starts_from_its_parents_best_on_each_task() -> None:
    """Its rate too; constants are known by their names, wherever they stand now."""
    assert starts(
        SIGNATURE + "    u = sign(g * c1)\n    m = lerp(m, g, beta)\n    return m - u, m\n"
    ) == {
        "one": (2.0, {"beta": 0.5, "c1": 3.5}),
        "two": (0.25, {"beta": 0.99, "c1": 3.5}),
    }


def test_a_new_constant_keeps_its_own_value() -> None:
    """The parent knows nothing of it."""
    child = SIGNATURE + "    m = lerp(g, m, beta)\n    return m * c1 + sign(g) * 0.7, m\n"
    one, two = starts(child).values()
    assert sorted(one[1].values()) == [0.5, 0.7, 3.5]
    assert sorted(two[1].values()) == [0.7, 0.99, 3.5]
    assert (one[1]["beta"], two[1]["beta"]) == (0.5, 0.99)


def test_a_constant_that_stands_for_several_keeps_its_own_value() -> None:
    """The product of two of the parent's is one constant, under the name of one of them."""
    child = SIGNATURE + "    m = lerp(g, m, 0.3)\n    return m * (c1 * beta), m\n"
    product = HEAD["c1"] * HEAD["beta"]
    for _, constants in starts(child).values():
        assert sorted(constants.values()) == pytest.approx([0.3, product])


def test_a_child_that_lost_a_constant_starts_without_it() -> None:
    """What it still has it takes."""
    child = SIGNATURE + "    m = lerp(g, m, beta)\n    return m, m\n"
    assert starts(child) == {"one": (2.0, {"beta": 0.5}), "two": (0.25, {"beta": 0.99})}
