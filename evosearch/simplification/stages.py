"""Simplifies programs in stages, each of whose results is checked before it is accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.simplification.check import Behaviour
from evosearch.simplification.constants import (
    canonical,
    joined,
    trivial_bound,
    values_used,
)
from evosearch.simplification.proposal import Proposal, complexity
from evosearch.simplification.result import Simplified, Step, statements
from evosearch.simplification.rewriting import algebra
from evosearch.simplification.states import states_merged


@dataclass(frozen=True, slots=True)
class Stage:
    """Is one way to make a program smaller; `propose` gives None where it finds nothing more."""

    name: str
    propose: Callable[[Program], Proposal | None]


EXACT: tuple[Stage, ...] = (
    Stage("canonical form", canonical),
    Stage("trivial constants", trivial_bound),
    Stage("constants together", joined),
    Stage("states", states_merged),
    Stage("algebra", algebra),
    Stage("values of constants", values_used),
)
"""The stages that keep the function exactly, rounding aside."""


def simplify_exactly(program: Program, stages: tuple[Stage, ...] = EXACT) -> Simplified:
    """Finds a program with fewer statements that does the same, up to a factor of the direction.

    The stages are gone through until none finds anything more. What does not do the same as
    `program` on both probes is dropped.
    """
    original = Behaviour(lower(program, bind=True))
    best, factor = program, 1.0
    steps: list[Step] = []
    dropped: list[str] = []
    tried: set[tuple[Stage, Program]] = set()
    while untried := [stage for stage in stages if (stage, best) not in tried]:
        stage = untried[0]
        tried.add((stage, best))
        proposal = stage.propose(best)
        if proposal is None or complexity(proposal.program) >= complexity(best):
            continue
        same = original.factor_over(Behaviour(lower(proposal.program, bind=True)))
        if same is None:
            dropped.append(stage.name)
            continue
        steps.append(
            Step(
                stage.name,
                statements(best),
                statements(proposal.program),
                proposal.why,
                proposal.rules,
            )
        )
        best, factor = proposal.program, same
    return Simplified(program, best, factor, tuple(steps), tuple(dropped))
