"""Edits programs at random, by a table of edits with weights.

A mutant is always a valid program. Edits that a program does not allow (deleting its only
statement) are not drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evosearch.graph.structure import constant_literals
from evosearch.language.program import Program
from evosearch.search import edits
from evosearch.search.space import SearchSpace

_TRIES = 100
CONSTANT_MUTATION = "modify-constant"
"""The mutation that leaves a program's structure as it is."""
LITERAL_MUTATION = "modify-literal"
"""The mutation of numbers that are part of the function."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """Describes a kind of edit; `apply` gives None where its draw came to nothing valid."""

    name: str
    weight: float
    possible: Callable[[Program, SearchSpace], bool]
    apply: Callable[[Program, np.random.Generator, SearchSpace], Program | None]


def mutate(
    program: Program, draw: np.random.Generator, space: SearchSpace
) -> tuple[Program, str] | None:
    """Makes one random valid edit; gives the child and the edit's name. `program` is unchanged.

    Gives None where the space has no edit of the program, as where it has no constants to change.
    """
    possible = [m for m in MUTATIONS if m.name in space.mutations and m.possible(program, space)]
    for _ in range(_TRIES if possible else 0):
        mutation = _draw_mutation(possible, draw)
        child = mutation.apply(program, draw, space)
        if child is not None and child != program:
            return child, mutation.name
    return None


def _draw_mutation(possible: Sequence[Mutation], draw: np.random.Generator) -> Mutation:
    """Draws a mutation by weight."""
    rest = draw.random() * sum(m.weight for m in possible)
    for mutation in possible:
        rest -= mutation.weight
        if rest < 0:
            return mutation
    return possible[-1]


def _has_statements(program: Program, _: SearchSpace) -> bool:
    return len(program.statements) > 0


def _has_constants(program: Program, _: SearchSpace) -> bool:
    return bool(program.hyperparameters or constant_literals(program))


MUTATIONS: tuple[Mutation, ...] = (
    Mutation("insert", 2.0, lambda p, s: len(p.statements) < s.longest, edits.insert),
    Mutation("delete", 1.0, lambda p, _: len(p.statements) > 1, edits.delete),
    Mutation("modify-argument", 2.0, lambda *_: True, edits.modify_argument),
    Mutation(CONSTANT_MUTATION, 0.75, _has_constants, edits.modify_constant),
    Mutation(
        LITERAL_MUTATION, 0.25, lambda p, _: bool(edits.function_literals(p)), edits.modify_literal
    ),
    Mutation("replace-primitive", 1.0, _has_statements, edits.replace_primitive),
    Mutation("change-target", 0.5, lambda p, _: bool(edits.reassignments(p)), edits.change_target),
)
"""Every kind of edit with its relative frequency."""
MUTATION_NAMES = tuple(mutation.name for mutation in MUTATIONS)
