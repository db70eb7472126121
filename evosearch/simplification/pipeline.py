"""Goes through the exact stages, then removes what is never seen to act."""

from __future__ import annotations

from dataclasses import replace

from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.simplification.inactive import first_steps, without_inactive
from evosearch.simplification.result import Simplified
from evosearch.simplification.stages import simplify_exactly
from evosearch.simplification.watching import scenes


def simplify(program: Program) -> Simplified:
    """Finds the shortest program that does the same, as far as proofs, probes and trainings tell.

    Terms that vanish after the first steps stay; what would be left without them is told beside it.
    """
    exact = simplify_exactly(program)
    places = scenes(lower(exact.after))
    result = exact.then(without_inactive(exact.after, places))
    return replace(result, first_steps=first_steps(result.after, places))
