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
from evosearch.search.mutations import CONSTANT_MUTATION, MUTATION_NAMES, MUTATIONS, mutate
from evosearch.search.space import SearchSpace, prepare
from primitives import OPERATIONS

SPACE = SearchSpace(
    tuple(name for name in OPERATIONS if name != "identity"),
    longest=30,
    mutations=MUTATION_NAMES,
)


def mutant(program: Program, key: int, space: SearchSpace = SPACE) -> tuple[Program, str]:
    made = mutate(program, np.random.default_rng(key), space)
    assert made is not None
    return made


def mutants(program: Program, count: int) -> Iterator[tuple[Program, str]]:
    for key in range(count):
        yield mutant(program, key)


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
    for key in range(300):
        program, _ = mutant(program, key)
        assert parse(to_text(program)) == program
        assert len(program.statements) <= SPACE.longest


def test_every_kind_of_mutation_appears_about_as_often_as_its_weight_says() -> None:
    """Edits that come to nothing are drawn again, so shares are only near the weights."""
    counts = Counter(name for _, name in mutants(prepare(known_rule("adamw"), 1), 2000))
    total = sum(mutation.weight for mutation in MUTATIONS)
    for mutation in MUTATIONS:
        assert counts[mutation.name] / 2000 == pytest.approx(mutation.weight / total, rel=0.4)


def test_only_primitives_of_the_language_are_drawn() -> None:
    """A search restricted to a few operations proposes no other."""
    few = replace(SPACE, primitives=("add", "multiply", "sign"))
    parent = parse("def rule(w, g):\n    u = g + w\n    return u\n")
    seen = set()
    program = parent
    for key in range(200):
        program, _ = mutant(program, key, few)
        seen |= {statement.primitive for statement in program.statements}
    assert seen == {"add", "multiply", "sign"}


def test_impossible_mutations_are_not_drawn() -> None:
    """A program without statements can only grow or return something else."""
    names = {name for _, name in mutants(parse("def rule(w, g):\n    return g\n"), 200)}
    assert names == {"insert", "modify-argument"}


def test_a_full_program_does_not_grow() -> None:
    """At the longest allowed, insertion is no longer drawn."""
    parent = known_rule("adamw")
    full = replace(SPACE, longest=len(parent.statements))
    names = {mutant(parent, key, full)[1] for key in range(200)}
    assert "insert" not in names


def test_only_the_mutations_of_the_space_are_drawn() -> None:
    """Where constants are tuned they do not mutate."""
    parent = prepare(known_rule("adamw"), 1)
    for some in (("insert", "delete"), (CONSTANT_MUTATION,)):
        few = replace(SPACE, mutations=some)
        assert {mutant(parent, key, few)[1] for key in range(50)} == set(some)


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("def f(g):\n    return sign(g)\n", replace(SPACE, mutations=(CONSTANT_MUTATION,))),
        ("def f(g):\n    return sign(g)\n", replace(SPACE, mutations=("delete",))),
        (
            "def f(g):\n    return sign(g)\n",
            replace(SPACE, mutations=("replace-primitive",), primitives=("sign",)),
        ),
    ],
    ids=["no constant", "one statement", "no other operation"],
)
def test_where_there_is_no_edit_there_is_no_mutant(text: str, space: SearchSpace) -> None:
    """None is possible, or none comes to anything."""
    assert mutate(parse(text), np.random.default_rng(0), space) is None


def test_the_draw_and_nothing_else_decides() -> None:
    """Equal generators give equal mutants; different ones mostly do not."""
    parent = prepare(known_rule("lion"), spare_slots=1)
    first = [to_text(child) for child, _ in mutants(parent, 50)]
    np.random.default_rng(99).random(7)
    assert [to_text(child) for child, _ in mutants(parent, 50)] == first
    assert len(set(first)) > 30


def test_programs_are_checked_where_they_are_made() -> None:
    """Mutation relies on the constructor refusing what does not fit."""
    with pytest.raises(ProgramError, match="undefined name 'q'"):
        parse("def rule(g):\n    u = g + q\n    return u\n")
