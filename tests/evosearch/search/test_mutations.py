"""Mutation: always valid, never in place, and everything that should happen happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from evosearch.errors import ProgramError
from evosearch.language.library import known_rule, rule_names
from evosearch.language.parser import parse
from evosearch.language.printer import to_text
from evosearch.language.program import Program
from evosearch.search.mutations import MUTATIONS, mutate
from evosearch.search.space import SearchSpace, prepare
from primitives import OPERATIONS

LANGUAGE = SearchSpace(tuple(name for name in OPERATIONS if name != "identity"), longest=30)


def mutants(program: Program, count: int) -> Iterator[tuple[Program, str]]:
    for key in range(count):
        yield mutate(program, np.random.default_rng(key), LANGUAGE)


@pytest.mark.parametrize("name", rule_names())
def test_every_mutant_is_another_valid_program_and_the_parent_is_unchanged(name: str) -> None:
    """Printing and parsing checks a mutant from scratch, by other code than made it."""
    parent = prepare(known_rule(name), spare_slots=1)
    before = to_text(parent)
    for child, _ in mutants(parent, 150):
        assert child != parent
        assert parse(to_text(child)) == child
        assert child.inputs == parent.inputs
    assert to_text(parent) == before


def test_long_chains_of_mutations_stay_valid_and_within_the_longest() -> None:
    """A lineage of 300 edits never leaves the language nor grows past its limit."""
    program = prepare(known_rule("adamw"), spare_slots=2)
    draw = np.random.default_rng(0)
    for _ in range(300):
        program, _ = mutate(program, draw, LANGUAGE)
        assert parse(to_text(program)) == program
        assert len(program.statements) <= LANGUAGE.longest


def test_every_kind_of_mutation_appears_about_as_often_as_its_weight_says() -> None:
    """Edits that come to nothing are drawn again, so shares are only near the weights."""
    counts = Counter(name for _, name in mutants(prepare(known_rule("adamw"), 1), 2000))
    total = sum(mutation.weight for mutation in MUTATIONS)
    for mutation in MUTATIONS:
        assert counts[mutation.name] / 2000 == pytest.approx(mutation.weight / total, rel=0.4)


def test_each_mutation_edits_what_its_name_says() -> None:
    """Insertions add one statement, deletions remove one, the others keep the number."""
    parent = prepare(known_rule("adamw"), spare_slots=1)
    growth = {"insert": 1, "delete": -1}
    for child, name in mutants(parent, 500):
        assert len(child.statements) - len(parent.statements) == growth.get(name, 0)
        changed = child.hyperparameters != parent.hyperparameters
        if changed:
            assert name == "modify-constant"
        if name == "replace-primitive":
            (pair,) = [
                (old, new)
                for old, new in zip(parent.statements, child.statements, strict=True)
                if old != new
            ]
            assert pair[0].arguments == pair[1].arguments
            accepts = [OPERATIONS[statement.primitive].accepts for statement in pair]
            assert accepts[0] == accepts[1]


def test_a_target_changes_alone_and_to_any_name_in_use() -> None:
    """Only where the old name has an earlier value, and the rest of the program stays."""
    parent = parse(
        "def rule(g, m, v):\n    x = sign(g)\n    m = lerp(g, m, 0.9)\n    v = m * x\n"
        "    return v, m, v\n"
    )
    seen = set()
    for child, name in mutants(parent, 600):
        if name == "change-target":
            (pair,) = [
                (old, new)
                for old, new in zip(parent.statements, child.statements, strict=True)
                if old != new
            ]
            assert replace(pair[1], target=pair[0].target) == pair[0]
            assert child.returns == parent.returns
            seen.add((pair[0].target, pair[1].target))
    # x has no earlier value, so that what reads it could not do without.
    assert seen == {(a, b) for a in "mv" for b in "gmvx" if a != b}


def test_only_primitives_of_the_language_are_drawn() -> None:
    """A search restricted to a few operations proposes no other."""
    few = SearchSpace(("add", "multiply", "sign"), longest=30)
    parent = parse("def rule(w, g):\n    u = g + w\n    return u\n")
    seen = set()
    program, draw = parent, np.random.default_rng(0)
    for _ in range(200):
        program, _ = mutate(program, draw, few)
        seen |= {statement.primitive for statement in program.statements}
    assert seen == {"add", "multiply", "sign"}


def test_impossible_mutations_are_not_drawn() -> None:
    """A program without statements can only grow or return something else."""
    names = {name for _, name in mutants(parse("def rule(w, g):\n    return g\n"), 200)}
    assert names == {"insert", "modify-argument"}


def test_a_full_program_does_not_grow() -> None:
    """At the longest allowed, insertion is no longer drawn."""
    parent = known_rule("adamw")
    full = SearchSpace(LANGUAGE.primitives, longest=len(parent.statements))
    names = {mutate(parent, np.random.default_rng(key), full)[1] for key in range(200)}
    assert "insert" not in names


def test_decay_rates_move_in_the_logarithm_of_their_distance_to_one() -> None:
    """From 0.99, both 0.9 and 0.999 are within easy reach, and most steps stay below 1."""
    parent = parse("def rule(g, m, *, beta=0.99):\n    m = lerp(g, m, beta)\n    return m, m\n")
    found = [
        dict(child.hyperparameters)["beta"]
        for child, name in mutants(parent, 3000)
        if name == "modify-constant"
    ]
    inside = [beta for beta in found if 0 <= beta < 1]
    assert len(inside) > 0.7 * len(found)
    assert np.mean([beta > 0.997 for beta in inside]) > 0.1
    assert np.mean([beta < 0.97 for beta in inside]) > 0.1


def test_the_draw_and_nothing_else_decides() -> None:
    """Equal generators give equal mutants; different ones mostly do not."""
    parent = prepare(known_rule("lion"), spare_slots=1)
    first = [to_text(child) for child, _ in mutants(parent, 50)]
    np.random.default_rng(99).random(7)
    assert [to_text(child) for child, _ in mutants(parent, 50)] == first
    assert len(set(first)) > 30


def test_prepare_offers_weights_gradient_and_spare_slots_without_changing_the_rule() -> None:
    """Spare slots are zero before and after; names already in use are avoided."""
    parent = parse("def rule(m, s1):\n    s2 = m + s1\n    return s2, m, s1\n")
    prepared = prepare(parent, spare_slots=2)
    assert prepared.inputs == ("w", "g", "m", "s1", "s3", "s4")
    assert prepared.returns == ("s2", "m", "s1", "s3", "s4")
    assert prepared.statements == parent.statements


def test_programs_are_checked_where_they_are_made() -> None:
    """Mutation relies on the constructor refusing what does not fit."""
    with pytest.raises(ProgramError, match="undefined name 'q'"):
        parse("def rule(g):\n    u = g + q\n    return u\n")
