"""Makes programs simpler by what is known of their text and their constants, without algebra."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from evosearch.graph.builder import GraphBuilder, rebuilt
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER
from evosearch.graph.lowering import lower
from evosearch.graph.structure import PART_OF_THE_FUNCTION, structure, with_single_constants
from evosearch.language.program import Program
from evosearch.simplification.proposal import Proposal, program_of
from evosearch.simplification.rewriting import rewritten

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


def values_used(program: Program) -> Proposal | None:
    """Proposes what algebra gains if constants have the values that they have.

    As where two are equal, or 1 together. No constant may come of it, so that what is said once,
    such as `beta2` in several places, is not written out as several numbers.
    """
    if not program.hyperparameters:
        return None
    proposal = rewritten(lower(program, bind=True), program)
    if proposal is None:
        return None
    named = _named(proposal.program, program.hyperparameters)
    if lower(named).size >= lower(program).size or _constants(named) > _constants(program):
        return None
    return replace(
        proposal, program=named, why=f"by the values that constants have, {proposal.why}"
    )


def _constants(program: Program) -> int:
    return len(structure(program).constants)


def _named(program: Program, names: Iterable[tuple[str, float]]) -> Program:
    """Gives numbers the names that such constants had."""
    known: dict[str, str] = {}
    for label, value in names:
        known.setdefault(f"{value:.12g}", label)
    graph = lower(program)

    def replacement(builder: GraphBuilder, index: int) -> int | None:
        node = graph.nodes[index]
        if node.op != CONSTANT or node.value in PART_OF_THE_FUNCTION:
            return None
        name = known.get(f"{node.value:.12g}")
        return None if name is None else builder.hyperparameter(name, node.value)

    return program_of(rebuilt(graph, replacement), program)


def _bound(program: Program, values: Collection[float]) -> Program:
    """Writes the hyperparameters of these values as numbers."""
    graph = lower(program)

    def replacement(builder: GraphBuilder, index: int) -> int | None:
        node = graph.nodes[index]
        bound = node.op == HYPERPARAMETER and node.value in values
        return builder.constant(node.value) if bound else None

    return program_of(rebuilt(graph, replacement), program)
