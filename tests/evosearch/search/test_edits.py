"""The single edits: each changes what its name says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from evosearch.graph.structure import structure
from evosearch.language.library import known_rule
from evosearch.language.parser import parse
from evosearch.language.program import Program
from evosearch.search import edits
from evosearch.search.mutations import MUTATION_NAMES, mutate
from evosearch.search.places import literal_uses, value_at
from evosearch.search.space import SearchSpace, prepare
from primitives import OPERATIONS

SPACE = SearchSpace(
    tuple(name for name in OPERATIONS if name != "identity"),
    longest=30,
    mutations=MUTATION_NAMES,
)


def mutants(program: Program, count: int) -> Iterator[tuple[Program, str]]:
    for key in range(count):
        mutant = mutate(program, np.random.default_rng(key), SPACE)
        assert mutant is not None
        yield mutant


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


def test_decay_rates_move_in_the_logarithm_of_their_distance_to_one() -> None:
    """From 0.99, both 0.9 and 0.999 are within easy reach, and most steps stay below 1."""
    parent = parse("def rule(g, m, *, beta=0.99):\n    m = lerp(g, m, beta)\n    return m, m\n")
    betas = [
        dict(child.hyperparameters)["beta"]
        for child, name in mutants(parent, 3000)
        if name == "modify-constant"
    ]
    inside = [beta for beta in betas if 0 <= beta < 1]
    assert len(inside) > 0.7 * len(betas)
    assert np.mean([beta > 0.997 for beta in inside]) > 0.1
    assert np.mean([beta < 0.97 for beta in inside]) > 0.1


ROW = parse(
    "def rule(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    u = (1 - m ** 3) * 0.25 + 2\n"
    "    return u * 7, m\n"
)


def test_constants_change_without_the_structure_and_literals_of_the_function_with_it() -> None:
    """All of them: what a tuner would tune, and what it would not."""
    seen: dict[str, set[float]] = {"constant": set(), "literal": set()}
    edit = {"constant": edits.modify_constant, "literal": edits.modify_literal}
    values = [*dict(ROW.hyperparameters).values(), *(value_at(ROW, u) for u in literal_uses(ROW))]
    for kind, key in product(edit, range(60)):
        child = edit[kind](ROW, np.random.default_rng(key), SPACE)
        assert child is not None
        others = [*dict(child.hyperparameters).values()]
        others += [value_at(child, use) for use in literal_uses(child)]
        seen[kind] |= {a for a, b in zip(values, others, strict=True) if a != b}
        alike = structure(child).digest == structure(ROW).digest
        assert alike == (kind == "constant") or child == ROW
    assert seen == {"constant": {0.9, 0.25, 7.0}, "literal": {1.0, 2.0, 3.0}}
    assert [value_at(ROW, use) for use in edits.function_literals(ROW)] == [3.0, 1.0, 2.0]


def test_a_deleted_statement_is_replaced_by_what_it_read_or_by_what_was_before() -> None:
    """All ways, and no other: either argument, or the target's earlier value."""
    parent = parse("def rule(g, m):\n    m = g - m\n    u = sign(m)\n    return u, m\n")
    seen = set()
    for key in range(200):
        child = edits.delete(parent, np.random.default_rng(key), SPACE)
        if child is None:
            continue
        (rest,) = child.statements
        if rest.primitive == "sign":
            seen.add((f"sign({rest.arguments[0]})", child.returns))
        else:
            assert rest == parent.statements[0]
            seen.add(("g - m", child.returns))
    assert seen == {
        ("sign(g)", ("u", "g")),
        ("sign(m)", ("u", "m")),
        ("g - m", ("m", "m")),
    }


def test_an_inserted_statement_is_read_where_it_was_put() -> None:
    """Its result stands in the place of what was read there, and nothing else changes."""
    parent = parse("def rule(g):\n    u = sign(g)\n    return u\n")
    places = set()
    for key in range(200):
        child = edits.insert(parent, np.random.default_rng(key), SPACE)
        if child is None:
            continue
        (new,) = (s for s in child.statements if s.target not in ("u", "g"))
        (old,) = (s for s in child.statements if s is not new)
        assert old.primitive == "sign"
        if child.returns == (new.target,):
            places.add("return")
            assert old == parent.statements[0]
        else:
            places.add("argument")
            assert old.arguments == (new.target,)
    assert places == {"return", "argument"}
