"""Makes programs simpler by what is known of their text and their constants, without algebra."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from evosearch.graph.builder import GraphBuilder
from evosearch.graph.graph import HYPERPARAMETER
from evosearch.graph.lowering import lower
from evosearch.graph.structure import PART_OF_THE_FUNCTION, with_single_constants
from evosearch.language.program import Program
from evosearch.simplify.proposal import Proposal, complexity, program_of
from evosearch.simplify.rewriting import rewritten

_TRIVIAL = frozenset({0.0, 1.0, -1.0})
"""Values with which a named constant is as good as none."""


def canonical(program: Program) -> Proposal:
    """Proposes the canonical form, in which everything is computed once and only if needed."""
    return Proposal(
        program_of(lower(program), program),
        "the direction depends on nothing that was removed: it was dead, computed twice, "
        "always zero, or undone by what follows it",
    )


def trivial_bound(program: Program) -> Proposal:
    """Proposes to bind constants that are 0, 1 or -1."""
    return Proposal(
        _bound(program, _TRIVIAL),
        "a constant that is 0, 1 or -1 is no constant to be tuned",
    )


def joined(program: Program) -> Proposal:
    """Proposes to take constants that only occur together for one."""
    return Proposal(
        program_of(with_single_constants(lower(program)), program),
        "an expression of constants that are used nowhere else is one constant",
    )


def function_constants_bound(program: Program) -> Proposal | None:
    """Proposes to bind named constants that are part of the function if algebra gains by it.

    Such as 2 in `x ** c`, or one half.
    """
    bound = _bound(program, PART_OF_THE_FUNCTION)
    if len(bound.hyperparameters) == len(program.hyperparameters):
        return None
    proposal = rewritten(lower(bound), program)
    if proposal is None or complexity(proposal.program)[0] >= complexity(program)[0]:
        return None
    return replace(proposal, why=f"2 and 0.5 may be part of the function; {proposal.why}")


def _bound(program: Program, values: Collection[float]) -> Program:
    """Writes the hyperparameters of these values as numbers."""
    graph = lower(program)
    builder = GraphBuilder()
    new: list[int] = []
    for node in graph.nodes:
        if node.op == HYPERPARAMETER and node.value in values:
            new.append(builder.constant(node.value))
        else:
            new.append(builder.copy(node, [new[operand] for operand in node.operands]))
    slots = [(slot.name, slot.kind, new[slot.write]) for slot in graph.slots]
    return program_of(builder.finish(new[graph.direction], slots), program)
