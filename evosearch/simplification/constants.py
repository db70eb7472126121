"""Makes programs simpler by what is known of their text and their constants, without algebra."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from evosearch.graph.builder import GraphBuilder, rebuilt
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, Graph, Node
from evosearch.graph.lowering import lower
from evosearch.graph.structure import PART_OF_THE_FUNCTION, structure
from evosearch.graph.traversal import count_uses
from evosearch.language.program import Program
from evosearch.simplification.joining import with_joined_constants
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
    graph = lower(program)
    trivial = {node.label for node in _named_constants(graph) if node.value in _TRIVIAL}
    return Proposal(
        program_of(_bound(graph, trivial), program),
        "a constant that is 0, 1 or -1 is no constant to be tuned",
    )


def joined(program: Program) -> Proposal:
    """Proposes to take constants that only occur together for one."""
    return Proposal(
        program_of(with_joined_constants(lower(program)), program),
        "an expression of constants that are used nowhere else is one constant",
    )


def values_used(program: Program) -> Proposal | None:
    """Proposes what algebra gains if constants have the values that they have.

    As where two are equal, or 1 together. No constant may come of it, so that what is said once,
    such as `beta2` in several places, is not written out as several numbers. Where it would be,
    those in several places are left as they are.
    """
    graph = lower(program)
    names = {node.label for node in _named_constants(graph)}
    uses = _uses(graph)
    for kept in dict.fromkeys((frozenset[str](), frozenset(n for n in names if uses[n] > 1))):
        if names == kept:
            continue
        proposal = rewritten(_bound(graph, names - kept), program)
        if proposal is None:
            continue
        named = _named(proposal.program, program.hyperparameters)
        shorter = lower(named).size < graph.size
        if shorter and _constants(named) <= _constants(program) and not _unties(graph, named):
            why = f"by the values that constants have, {proposal.why}"
            return replace(proposal, program=named, why=why)
    return None


def _constants(program: Program) -> int:
    return len(structure(program).constants)


def _unties(before: Graph, after: Program) -> bool:
    """Tells whether a constant that stood in several places is now one of several."""
    was, now = _uses(before), _uses(lower(after))
    new = structure(after).constants
    known = {f"{node.value:.12g}" for node in before.nodes if node.op in (CONSTANT, HYPERPARAMETER)}
    made = sum(f"{value:.12g}" not in known for value in new)
    return any(
        count > 1 and now[name] < count and (now[name] > 0) + made > 1
        for name, count in was.items()
    )


def _uses(graph: Graph) -> Counter[str]:
    """Counts the places of each named constant."""
    uses = count_uses(graph.nodes)
    return Counter({graph.nodes[i].label: uses[i] for i in _places(graph)})


def _places(graph: Graph) -> list[int]:
    return [index for index, node in enumerate(graph.nodes) if node.op == HYPERPARAMETER]


def _named_constants(graph: Graph) -> list[Node]:
    return [graph.nodes[index] for index in _places(graph)]


def _named(program: Program, names: Iterable[tuple[str, float]]) -> Program:
    """Gives numbers the names that such constants had."""
    known: dict[str, str] = {}
    for label, value in names:
        known.setdefault(f"{value:.12g}", label)
    graph = lower(program)
    kept = {node.label for node in _named_constants(graph)}

    def replacement(builder: GraphBuilder, index: int) -> int | None:
        node = graph.nodes[index]
        if node.op != CONSTANT or node.value in PART_OF_THE_FUNCTION:
            return None
        name = known.get(f"{node.value:.12g}")
        if name is None or name in kept:
            return None
        return builder.hyperparameter(name, node.value)

    return program_of(rebuilt(graph, replacement), program)


def _bound(graph: Graph, names: Collection[str]) -> Graph:
    """Makes these hyperparameters numbers."""

    def replacement(builder: GraphBuilder, index: int) -> int | None:
        node = graph.nodes[index]
        bound = node.op == HYPERPARAMETER and node.label in names
        return builder.constant(node.value) if bound else None

    return rebuilt(graph, replacement)
