"""Goes through the exact stages, then removes what is never seen to act."""

from __future__ import annotations

from dataclasses import replace

from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.simplification.inactive import first_steps, without_inactive
from evosearch.simplification.result import Simplified, Step, statements
from evosearch.simplification.stages import simplify_exactly
from evosearch.simplification.watching import scenes


def simplify(program: Program, drop_vanishing: bool = False) -> Simplified:
    """Finds the shortest program that does the same, as far as proofs, probes and trainings tell.

    Terms that vanish after the first steps stay, and what would be left without them is told beside
    it; with `drop_vanishing` that is the result.
    """
    exact = simplify_exactly(program)
    places = scenes(lower(exact.after))
    result = exact.then(without_inactive(exact.after, places))
    vanishing = first_steps(result.after, places)
    if vanishing is None or not drop_vanishing:
        return replace(result, first_steps=vanishing)
    counts = statements(result.after), statements(vanishing.program)
    step = Step("first steps", *counts, f"it {vanishing}", vanishing.what)
    return result.then(Simplified(result.after, vanishing.program, 1.0, (step,)))
