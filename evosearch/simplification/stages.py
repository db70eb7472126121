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
from evosearch.simplification.counters import states_counted
from evosearch.simplification.proposal import Proposal, complexity
from evosearch.simplification.result import Simplified, Step, statements
from evosearch.simplification.rewriting import algebra
from evosearch.simplification.states import states_merged


@dataclass(frozen=True, slots=True)
class Stage:
    """Is one way to make a program smaller; `propose` gives None where it finds nothing more."""

    name: str
    propose: Callable[[Program], Proposal | None]
    reads_time: bool = False
    """Whether it puts `t` in the place of what a program counts itself."""


EXACT: tuple[Stage, ...] = (
    Stage("canonical form", canonical),
    Stage("trivial constants", trivial_bound),
    Stage("constants together", joined),
    Stage("states", states_merged),
    Stage("steps counted", states_counted, reads_time=True),
    Stage("algebra", algebra),
    Stage("values of constants", values_used),
)
"""The stages that keep the function exactly, rounding aside."""


def simplify_exactly(program: Program, stages: tuple[Stage, ...] = EXACT) -> Simplified:
    """Finds a program with fewer statements that does the same, up to a factor of the direction.

    The stages are gone through until none finds anything more. What does not do the same as
    `program` on both probes is dropped. A stage that reads `t` is compared with what it was given,
    where `t` counts every step as in training; from there on its result is what others are compared
    with.
    """
    reference, of_reference = _behaviour(program), 1.0
    best, factor = program, 1.0
    steps: list[Step] = []
    dropped: list[str] = []
    counted = False
    tried: set[tuple[Stage, Program]] = set()
    while untried := [stage for stage in stages if (stage, best) not in tried]:
        stage = untried[0]
        tried.add((stage, best))
        proposal = stage.propose(best)
        if proposal is None or complexity(proposal.program) >= complexity(best):
            continue
        if stage.reads_time:
            counting = _behaviour(proposal.program, counting=True)
            same, times = _behaviour(best, counting=True).factor_over(counting), factor
        else:
            same, times = reference.factor_over(_behaviour(proposal.program)), of_reference
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
        best, factor = proposal.program, times * same
        if stage.reads_time:
            reference, of_reference, counted = _behaviour(best), factor, True
    return Simplified(program, best, factor, tuple(steps), tuple(dropped), counted)


def _behaviour(program: Program, counting: bool = False) -> Behaviour:
    return Behaviour(lower(program, bind=True), counting)
